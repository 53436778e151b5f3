/** A line through values by day. */

export type Point = { date: string; value: number };

/** Return the points of a line through values by day, in a box; days without a value leave no gap in the width. */
export function lineOf(values: readonly Point[], width: number, height: number): { x: number; y: number }[] {
  if (!values.length) return [];
  const day = (date: string) => Date.parse(date) / 86_400_000;
  const [first, last] = [day(values[0]!.date), day(values.at(-1)!.date)];
  const [low, high] = [Math.min(...values.map((each) => each.value)), Math.max(...values.map((each) => each.value))];
  return values.map(({ date, value }) => ({
    x: last > first ? ((day(date) - first) / (last - first)) * width : width / 2,
    y: high > low ? height - ((value - low) / (high - low)) * height : height / 2,
  }));
}
