/** Waits until a burst of notices is over: browsers tell of one navigation two to four times. */

export const QUIET = 250;
export const LONGEST = 1_500;

/** Something that a timer can be set with; the browser's own, or that of a test. */
export interface Timers {
  set(work: () => void, milliseconds: number): number;
  clear(timer: number): void;
}

/**
 * Runs `work` once for a burst, as soon as it is quiet and `ready`, with the instant from which it holds: that of the
 * last notice of another view, or of the first of anything where there was no such.
 */
export class Settling {
  readonly #work: (since: number) => void;
  readonly #ready: () => Promise<boolean>;
  readonly #timers: Timers;
  #began: number | null = null;
  #since = 0;
  #timer: number | null = null;

  constructor(work: (since: number) => void, ready: () => Promise<boolean>, timers: Timers) {
    this.#work = work;
    this.#ready = ready;
    this.#timers = timers;
  }

  note(now: number, view: boolean): void {
    if (this.#began === null || view) this.#since = now;
    this.#began ??= now;
    if (this.#timer !== null) this.#timers.clear(this.#timer);
    this.#wait(now);
  }

  #wait(now: number): void {
    const left = (this.#began ?? now) + LONGEST - now;
    const wait = Math.max(0, Math.min(QUIET, left));
    this.#timer = this.#timers.set(() => void this.#settle(now + wait), wait);
  }

  async #settle(now: number): Promise<void> {
    this.#timer = null;
    const began = this.#began;
    if (began === null) return;
    if (now - began < LONGEST && !(await this.#ready())) {
      if (this.#timer === null && this.#began !== null) this.#wait(now);
      return;
    }
    // Another notice came while we asked: its own timer will end the burst.
    if (this.#timer !== null || this.#began === null) return;
    this.#began = null;
    this.#work(this.#since);
  }
}
