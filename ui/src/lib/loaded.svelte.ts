/** What a page shows of the server: loaded when it is first wanted, and again when a Change makes it stale. */
import { untrack } from "svelte";
import { feed, type Change } from "../live/feed.svelte";
import type { ToldProblem } from "./told";
import { said } from "./words.svelte";

const CALM = 1000;

export class Loaded<T> {
  value = $state.raw<T | undefined>(undefined);
  error = $state<string | undefined>(undefined);
  loading = $state(false);
  #load: (signal: AbortSignal) => Promise<T>;
  #asking: AbortController | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #readAt = 0;

  /**
   * Load now, whenever `load` reads something that changes, and at most once a second when a Change is
   * one of `stale`; what failed, once the server is back. What was shown stays until the new answer is there.
   */
  constructor(load: (signal: AbortSignal) => Promise<T>, stale: (change: Change) => boolean = () => false) {
    this.#load = load;
    $effect(() => {
      this.#read();
      return () => this.#asking?.abort();
    });
    $effect(() => {
      const deaf = feed.hear((change) => {
        if (change === null || stale(change)) this.#soon();
      });
      return () => (deaf(), clearTimeout(this.#again));
    });
    // What could not be read while the server was away is read once it is back.
    $effect(() => {
      if (feed.state === "live" && untrack(() => this.error)) untrack(() => this.#read());
    });
  }

  /** Load again now. */
  again = (): void => this.#read();

  #soon(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#read(), Math.max(0, this.#readAt + CALM - Date.now()));
  }

  #read(): void {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    this.#readAt = Date.now();
    this.loading = true;
    this.#load(asking.signal).then(
      (value) => {
        if (asking.signal.aborted) return;
        [this.value, this.error, this.loading] = [value, undefined, false];
      },
      (error: unknown) => {
        if (asking.signal.aborted) return;
        [this.error, this.loading] = [error instanceof Error ? error.message : String(error), false];
      },
    );
  }
}

type Answer<T> = { data?: T; error?: unknown; response?: Response };

/** Return the data of an answer, or throw its problem in the user's language. */
export async function data<T>(asked: Promise<Answer<T>>): Promise<T> {
  const answer = await asked;
  if (answer.data !== undefined) return answer.data;
  const problem = answer.error;
  throw new Error(said.problem(typeof problem === "object" && problem !== null && !(problem instanceof Error) ? (problem as ToldProblem) : {}));
}
