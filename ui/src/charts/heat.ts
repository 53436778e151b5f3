/** A table of numbers as shades: how full each cell is of what it could hold. */

/** Return the share of a cell, from 0 to 1; a cell that could hold nothing has none. */
export function filled(seconds: number, possible: number): number {
  return possible > 0 ? Math.min(1, Math.max(0, seconds / possible)) : 0;
}

const LEAST_HOURS = 10;
const DAY = 24;

/** Return the hours that hold all there is, and some beside them where those are few: from the first to before the last. */
export function seenHours(seconds: readonly (readonly number[])[]): { from: number; to: number } {
  const used = Array.from({ length: DAY }, (_, hour) => hour).filter((hour) => seconds.some((row) => (row[hour] ?? 0) > 0));
  if (!used.length) return { from: 8, to: 18 };
  let [from, to] = [used[0]!, used.at(-1)! + 1];
  while (to - from < LEAST_HOURS) [from, to] = [Math.max(0, from - 1), Math.min(DAY, to + 1)];
  return { from, to };
}

const CELL = 26;
const NAMES = 32;

/** Return whether the hours stand below each other, because in so many pixels they have no room side by side. */
export function isUpright(width: number, hours: number): boolean {
  return width > 0 && width < NAMES + hours * CELL;
}
