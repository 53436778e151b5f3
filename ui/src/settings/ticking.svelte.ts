/** The time now, which what is shown follows; it is looked at again every so many milliseconds. */
export class Ticking {
  now = $state(Date.now());

  constructor(every: number) {
    $effect(() => {
      const timer = setInterval(() => (this.now = Date.now()), every);
      return () => clearInterval(timer);
    });
  }
}
