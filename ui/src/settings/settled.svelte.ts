/** The newest of what the server says to something that is being typed: asked when the typing rests. */
const REST = 350;

export class Settled<T> {
  value = $state.raw<T | undefined>(undefined);
  error = $state("");

  constructor(ask: () => ((signal: AbortSignal) => Promise<T>) | null) {
    $effect(() => {
      const asked = ask();
      const ended = new AbortController();
      const timer = setTimeout(() => {
        if (!asked) return void ([this.value, this.error] = [undefined, ""]);
        asked(ended.signal).then(
          (value) => ended.signal.aborted || ([this.value, this.error] = [value, ""]),
          (error: unknown) => ended.signal.aborted || ([this.value, this.error] = [undefined, error instanceof Error ? error.message : String(error)]),
        );
      }, REST);
      return () => (clearTimeout(timer), ended.abort());
    });
  }
}
