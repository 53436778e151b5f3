/** A store in memory that keeps copies, as the browser's does, and counts what is written. */

import type { Store, Stored } from "../src/store";

export class Memory implements Store {
  readonly kept: Record<string, string> = {};
  written = 0;

  async get(keys: string | string[]): Promise<Stored> {
    const found: Record<string, unknown> = {};
    for (const key of [keys].flat()) {
      const text = this.kept[key];
      if (text !== undefined) found[key] = JSON.parse(text);
    }
    return found;
  }

  async set(values: Stored): Promise<void> {
    for (const [key, value] of Object.entries(values)) {
      const text = JSON.stringify(value);
      this.kept[key] = text;
      this.written += text.length;
    }
  }

  async remove(keys: string | string[]): Promise<void> {
    for (const key of [keys].flat()) delete this.kept[key];
  }
}
