/** Numbers of measures as people write them. */
import type { PartShape, SeriesShape } from "../api/types.gen";
import { hours } from "../lib/time";
import { spoken } from "../lib/words.svelte";

const rounded = (value: number) => new Intl.NumberFormat(spoken.language, { maximumFractionDigits: 1 }).format(value);

/** What a part of a score was made of: a number, and what it was divided by. */
export function madeOf({ share: { numerator, denominator, unit } }: Pick<PartShape, "share">): { over: string; under: string } {
  if (unit === "seconds") return { over: hours(numerator), under: hours(denominator) };
  // Each weight is up to 4, so that both are told as times the full weight.
  if (unit === "weighted seconds") return { over: hours(numerator / 4), under: hours(denominator / 4) };
  return { over: rounded(numerator), under: `${rounded(denominator)} h` };
}

/** A value of a series in its unit. */
export function valueOf(value: number, unit: string): string {
  if (unit === "hours") return hours(value * 3600);
  if (unit === "minutes") return hours(value * 60);
  if (unit === "percent") return `${Math.round(value)} %`;
  return rounded(value);
}

/** A difference in the unit of its series, with its sign. */
export function differenceOf(value: number, unit: string): string {
  return (value < 0 ? "−" : "+") + valueOf(Math.abs(value), unit);
}

/** Whether a change in a direction is for the better: 1, for the worse: -1, or neither. */
export function judged(difference: number, { better }: Pick<SeriesShape, "better">): number {
  return Math.sign(difference) * better;
}

/** Return the points of a line through values by day, in a box; days without a value leave no gap in the width. */
export function lineOf(values: { date: string; value: number }[], width: number, height: number): { x: number; y: number }[] {
  if (!values.length) return [];
  const day = (date: string) => Date.parse(date) / 86_400_000;
  const [first, last] = [day(values[0]!.date), day(values.at(-1)!.date)];
  const [low, high] = [Math.min(...values.map((each) => each.value)), Math.max(...values.map((each) => each.value))];
  return values.map(({ date, value }) => ({
    x: last > first ? ((day(date) - first) / (last - first)) * width : width / 2,
    y: high > low ? height - ((value - low) / (high - low)) * height : height / 2,
  }));
}

/** Return the mean, or null of nothing. */
export function mean(values: number[]): number | null {
  return values.length ? values.reduce((sum, each) => sum + each, 0) / values.length : null;
}
