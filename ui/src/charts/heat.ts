/** A table of numbers as shades: how full each cell is of what it could hold. */

/** Return the share of a cell, from 0 to 1; a cell that could hold nothing has none. */
export function filled(seconds: number, possible: number): number {
  return possible > 0 ? Math.min(1, Math.max(0, seconds / possible)) : 0;
}
