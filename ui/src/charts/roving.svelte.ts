/** The parts of a chart are one stop of the Tab key; the arrow keys move between them. */

/** Return where a key leads from a place; undefined where it leads nowhere. */
export type Step = (at: number, key: string) => number | undefined;

export class Roving {
  /** The part that the Tab key leads to. */
  #at = $state(0);
  /** The part that has the focus or is pointed at; -1 if none is. */
  seen = $state(-1);
  #count: () => number;
  #step: Step;

  constructor(count: () => number, step: Step) {
    [this.#count, this.#step] = [count, step];
  }

  /** Return the tabindex of a part. */
  stop(part: number): 0 | -1 {
    return part === Math.min(this.#at, this.#count() - 1) ? 0 : -1;
  }

  keydown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const to = this.#step(this.#of(event), event.key);
    if (to === undefined || to < 0 || to >= this.#count()) return;
    event.preventDefault();
    const found = (event.currentTarget as Element).querySelector<HTMLElement>(`[data-part="${to}"]`);
    found?.focus();
    found?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  focusin = (event: FocusEvent): void => {
    const part = this.#of(event);
    if (part >= 0) [this.#at, this.seen] = [part, part];
  };

  focusout = (): void => void (this.seen = -1);
  pointerover = (event: PointerEvent): void => void (this.seen = this.#of(event));
  pointerleave = (): void => void (this.seen = -1);

  #of(event: Event): number {
    const part = (event.target as Element | null)?.closest?.("[data-part]")?.getAttribute("data-part");
    return part == null ? -1 : Number(part);
  }
}

/** Walk along a row of so many. */
export function along(count: () => number): Step {
  return (at, key) => ({ ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count() - 1 })[key];
}

/** Walk over a table of so many columns. */
export function over(columns: number, count: () => number): Step {
  return (at, key) => {
    const first = at - (at % columns);
    const [left, right] = [at > first ? at - 1 : undefined, at < first + columns - 1 ? at + 1 : undefined];
    return { ArrowRight: right, ArrowLeft: left, ArrowDown: at + columns < count() ? at + columns : undefined, ArrowUp: at - columns, Home: first, End: first + columns - 1 }[key];
  };
}
