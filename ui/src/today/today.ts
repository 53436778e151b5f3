/** What the page says of a day besides the numbers that it was told. */
import type { ReportRestShape, ReportShape } from "../api/types.gen";

/** Shorter differences are not worth a line. */
const WORTH_SAYING = 60;
const [SOONEST, LATEST] = [5_000, 24 * 3_600_000];

type Rest = Pick<ReportRestShape, "rows" | "seconds">;
type Difference = { key: "today.more-than" | "today.less-than" | "today.more-so-far" | "today.less-so-far"; seconds: number };

/** How much more or less one was active than on the day before, up to the same time of it. */
export function compared({ total_seconds, compared_with: before }: Pick<ReportShape, "total_seconds" | "compared_with">): Difference | undefined {
  if (!before || !total_seconds || !before.total_seconds) return undefined;
  const more = total_seconds - before.total_seconds;
  if (Math.abs(more) < WORTH_SAYING) return undefined;
  return { key: `today.${more > 0 ? "more" : "less"}-${before.cut ? "so-far" : "than"}`, seconds: Math.abs(more) };
}

/** The rows of at least a minute, and how much is left besides; all of them where none is so long. */
export function worthARow<Row extends { seconds: number }>(rows: Row[], rest: Rest | null): { rows: Row[]; rest: Rest | null } {
  const long = rows.filter((row) => row.seconds >= WORTH_SAYING);
  if (!long.length || long.length === rows.length) return { rows, rest };
  const short = rows.filter((row) => row.seconds < WORTH_SAYING);
  const seconds = short.reduce((sum, row) => sum + row.seconds, rest?.seconds ?? 0);
  return { rows: long, rest: { rows: short.length + (rest?.rows ?? 0), seconds } };
}

/** How many milliseconds from now on to look which day it is: just after this one ends, and never all the time. */
export function untilNext(endedAt: string, now: number): number {
  return Math.min(LATEST, Math.max(SOONEST, Date.parse(endedAt) - now + 1_000));
}
