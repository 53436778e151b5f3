/** Stretches of time in columns, and what of them is worth drawing. */

export type Lane = {
  /** When each begins and ends, in seconds from the beginning of the day, in order and disjoint. */
  starts: Float64Array;
  ends: Float64Array;
  /** Which key each is about: a place in the list of keys. */
  keys: Uint32Array;
};

/** Add up the steps of a timeline: each is from the end of the one before. */
export function laneOf(steps: readonly number[], durations: readonly number[], places?: readonly number[]): Lane {
  const count = steps.length;
  const lane = { starts: new Float64Array(count), ends: new Float64Array(count), keys: new Uint32Array(count) };
  let at = 0;
  for (let index = 0; index < count; index++) {
    at += steps[index] ?? 0;
    lane.starts[index] = at / 1e6;
    at += durations[index] ?? 0;
    lane.ends[index] = at / 1e6;
    lane.keys[index] = places?.[index] ?? 0;
  }
  return lane;
}

/** Return the place of the first stretch that ends after a moment. */
export function firstAfter(lane: Lane, moment: number): number {
  let [low, high] = [0, lane.ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lane.ends[middle] ?? 0) > moment) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Return the stretch at a moment, or -1. */
export function stretchAt(lane: Lane, moment: number): number {
  const found = firstAfter(lane, moment);
  return found < lane.starts.length && (lane.starts[found] ?? Infinity) <= moment ? found : -1;
}

export type Run = { from: number; to: number; key: number };

/**
 * Return what to draw between two moments, at so many pixels for a second: what is narrower than a pixel is
 * joined with its neighbours, and the pixel goes to the key that has most of it.
 */
export function runs(lane: Lane, from: number, to: number, scale: number): Run[] {
  const drawn: Run[] = [];
  const time = new Map<number, number>();
  let pixel = -1;
  const close = (): void => {
    if (!time.size) return;
    const [key] = [...time].reduce((most, each) => (each[1] > most[1] ? each : most));
    join(drawn, { from: pixel, to: pixel + 1, key });
    time.clear();
  };
  for (let index = firstAfter(lane, from); index < lane.starts.length && (lane.starts[index] ?? 0) < to; index++) {
    const begins = (Math.max(lane.starts[index] ?? 0, from) - from) * scale;
    const ends = (Math.min(lane.ends[index] ?? 0, to) - from) * scale;
    const key = lane.keys[index] ?? 0;
    if (ends - begins < 1) {
      const at = Math.floor(begins);
      if (at !== pixel) [close(), (pixel = at)];
      time.set(key, (time.get(key) ?? 0) + ends - begins);
      continue;
    }
    close();
    pixel = -1;
    join(drawn, { from: begins, to: ends, key });
  }
  close();
  return drawn;
}

function join(drawn: Run[], run: Run): void {
  const last = drawn.at(-1);
  if (last && last.key === run.key && run.from - last.to < 0.5) last.to = Math.max(last.to, run.to);
  else if (last && run.from < last.to) drawn.push({ ...run, from: last.to, to: Math.max(run.to, last.to) });
  else drawn.push(run);
}
