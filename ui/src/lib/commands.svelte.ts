/** The one list of what can be done: it feeds the palette, the sheet of keys, menus and tests. */
import { untrack } from "svelte";

export type Command = {
  id: string;
  label: () => string;
  /** Keys in order, such as `g t` or `mod+k`; `mod` is Ctrl, or ⌘ on a Mac. */
  keys?: string;
  /** Where the keys hold; everywhere unless a page says otherwise. */
  scope?: string;
  run: () => void | Promise<void>;
};

let commands = $state.raw<Command[]>([]);
export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const SEQUENCE = 1000;

export const registry = {
  get all(): Command[] {
    return commands;
  },
  /** Offer commands until the function that this returns is called. */
  offer(offered: Command[]): () => void {
    // Who offers does not depend on what else is offered.
    untrack(() => {
      for (const one of offered) {
        const clash = commands.find((other) => other.id === one.id || (one.keys && other.keys === one.keys));
        if (clash) throw new Error(`${one.id} and ${clash.id} have the same name or keys`);
      }
      commands = [...commands, ...offered];
    });
    return () => untrack(() => (commands = commands.filter((each) => !offered.includes(each))));
  },
};

let begun = "";
let begunAt = 0;

/** Run the command of a key, unless somebody is writing. */
export function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const at = event.target as HTMLElement | null;
  const writes = at?.matches?.("input, textarea, select, [contenteditable]") ?? false;
  if ((writes && !mod) || (at?.closest?.("dialog") && !mod)) return;
  if (!mod && (event.ctrlKey || event.metaKey)) return;
  const named = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const key = (mod ? "mod+" : "") + (event.shiftKey && event.key.length > 1 ? "shift+" : "") + named;
  const sequence = begun && event.timeStamp - begunAt < SEQUENCE ? `${begun} ${key}` : key;
  const found = commands.find((each) => each.keys === sequence) ?? commands.find((each) => each.keys === key);
  begun = found ? "" : key;
  begunAt = event.timeStamp;
  if (!found) return;
  event.preventDefault();
  void found.run();
}

/** Keys as they stand on the keyboard. */
export function shownKeys(keys: string): string[] {
  return keys.split(" ").map((key) => key.replace("mod+", isMac ? "⌘" : "Ctrl+").replace("shift+", "Shift+").toUpperCase().replace("CTRL+", "Ctrl+").replace("SHIFT+", "Shift+"));
}

/** Return commands whose label has all words of a text, the ones that begin with it first. */
export function fitting(all: Command[], text: string): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const ranked = all.map((command) => ({ command, label: command.label().toLowerCase() }));
  return ranked
    .filter(({ label }) => words.every((word) => label.includes(word)))
    .sort((a, b) => Number(b.label.startsWith(words[0] ?? "")) - Number(a.label.startsWith(words[0] ?? "")))
    .map(({ command }) => command);
}
