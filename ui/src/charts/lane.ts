/** Stretches of time in columns, and what of them is worth drawing. */

export type Lane = {
  /** When each begins and ends, in seconds from the beginning of the day, in order and disjoint. */
  starts: Float64Array;
  ends: Float64Array;
  /** Which key each is about: a place in the list of keys. */
  keys: Uint32Array;
};

/** Add up the steps of a timeline: each is from the end of the one before, the first from so many seconds. */
export function laneOf(steps: readonly number[], durations: readonly number[], places?: readonly number[], from = 0): Lane {
  const count = steps.length;
  const lane = { starts: new Float64Array(count), ends: new Float64Array(count), keys: new Uint32Array(count) };
  let at = from * 1e6;
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

/** Room for one lane while it is made coarser, used again and again. */
const scratch = { starts: new Float64Array(0), ends: new Float64Array(0), keys: new Uint32Array(0) };

/**
 * Return a lane in which what is shorter than a width is joined, each piece of that width going to what has most
 * of it: to draw a day from, of which a pixel shows many stretches.
 */
export function coarser(lane: Lane, width: number): Lane {
  const { starts, ends, keys } = lane;
  const count = starts.length;
  if (scratch.starts.length < count) [scratch.starts, scratch.ends, scratch.keys] = [new Float64Array(count), new Float64Array(count), new Uint32Array(count)];
  const { starts: froms, ends: tos, keys: owns } = scratch;
  let length = 0;
  const put = (from: number, to: number, key: number): void => {
    if (length && owns[length - 1] === key && from <= tos[length - 1]! + width / 2) tos[length - 1] = Math.max(to, tos[length - 1]!);
    else {
      const begins = length ? Math.max(from, tos[length - 1]!) : from;
      if (begins >= to) return;
      froms[length] = begins;
      tos[length] = to;
      owns[length++] = key;
    }
  };
  // Few keys share a cell, so a list of them is quicker than a map.
  let [cell, most] = [-1, 0];
  const within: number[] = [];
  const time: number[] = [];
  const close = (): void => {
    if (!most) return;
    let first = 0;
    for (let each = 1; each < most; each++) if (time[each]! > time[first]!) first = each;
    put(cell * width, (cell + 1) * width, within[first]!);
    most = 0;
  };
  for (let at = 0; at < count; at++) {
    const from = starts[at]!;
    const to = ends[at]!;
    const key = keys[at]!;
    if (to - from >= width) {
      close();
      put(from, to, key);
      continue;
    }
    const here = Math.floor(from / width);
    if (here !== cell) {
      close();
      cell = here;
    }
    let known = 0;
    while (known < most && within[known] !== key) known++;
    if (known < most) time[known] = time[known]! + to - from;
    else {
      within[most] = key;
      time[most++] = to - from;
    }
  }
  close();
  return { starts: froms.slice(0, length), ends: tos.slice(0, length), keys: owns.slice(0, length) };
}

/** So many stretches are drawn as they are. */
const FEW = 300;
const LEVELS = 10;

/** A lane as it is, and coarser and coarser: each level is of pieces twice as wide, the first of half a second. */
export class Levels {
  #levels: (Lane | undefined)[];
  constructor(lane: Lane) {
    this.#levels = [lane];
  }

  /** Return what to draw from where so many pixels show a second; what is joined is narrower than a pixel. */
  at(scale: number): Lane {
    return this.#level(Math.min(LEVELS, Math.max(0, Math.floor(Math.log2(1 / scale)) + 1)));
  }

  /** Make a level that is not there yet, before it is asked for; return whether more are missing. */
  prepare(): boolean {
    for (let level = 1; level <= LEVELS; level++) {
      if (!this.#levels[level]) {
        this.#level(level);
        return level < LEVELS;
      }
    }
    return false;
  }

  #level(wanted: number): Lane {
    const found = this.#levels[wanted];
    if (found) return found;
    let finer = wanted - 1;
    while (!this.#levels[finer]) finer--;
    const from = this.#levels[finer]!;
    return (this.#levels[wanted] = from.starts.length < FEW ? from : coarser(from, 2 ** (wanted - 2)));
  }
}
