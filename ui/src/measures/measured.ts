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

/** Return the mean, or null of nothing. */
export function mean(values: number[]): number | null {
  return values.length ? values.reduce((sum, each) => sum + each, 0) / values.length : null;
}
