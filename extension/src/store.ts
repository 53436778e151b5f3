/** Where all state lives: the worker forgets everything whenever the browser puts it to sleep. */

export type Stored = Record<string, unknown>;

/** `chrome.storage.local`, as far as it is used. */
export interface Store {
  get(keys: string | string[]): Promise<Stored>;
  set(values: Stored): Promise<void>;
  remove(keys: string | string[]): Promise<void>;
}

/** Does one thing after another: between a look at the store and a write nothing else may write. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
