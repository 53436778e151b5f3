/** What is said about a selection of time: the marks that come of it. */
import type { ActivityShape, MarkWanted } from "../api/types.gen";
import type { Lane } from "../charts/lane";
import { firstAfter } from "../charts/lane";
import type { Stretch } from "./view";

/** What a part of a selection was: nothing said, away, or a category. */
export type Said = "" | "away" | number;

/** Return the marks for the parts of a selection that is split. */
export function splitMarks(parts: readonly { part: Stretch; said: Said }[], instant: (seconds: number) => string): MarkWanted[] {
  return parts
    .filter(({ said }) => said !== "")
    .map(({ part, said }) => ({ start: instant(part.from), end: instant(part.to), ...(said === "away" ? { presence: "away" as const } : { outcome: { category_id: said as number } }) }));
}

/** Return the category that had most of some activities, if any had one. */
export function mainCategory(activities: readonly Pick<ActivityShape, "category_id" | "duration_seconds">[]): number | undefined {
  const time = new Map<number, number>();
  for (const each of activities) if (each.category_id !== null) time.set(each.category_id, (time.get(each.category_id) ?? 0) + each.duration_seconds);
  return [...time].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** Return how many seconds of a selection nothing was recorded of, or nobody was there. */
export function uncounted(part: Stretch, activities: readonly Pick<ActivityShape, "duration_seconds">[]): number {
  return Math.max(0, part.to - part.from - activities.reduce((sum, each) => sum + each.duration_seconds, 0));
}

/** Return the time around a moment in which a lane has nothing; at the ends of a day no more than an hour of it. */
export function gapAt(lane: Lane, moment: number, whole: Stretch): Stretch {
  const next = firstAfter(lane, moment);
  const hour = Math.floor(moment / 3600) * 3600;
  return {
    from: next > 0 ? lane.ends[next - 1]! : Math.max(whole.from, hour),
    to: next < lane.starts.length ? lane.starts[next]! : Math.min(whole.to, hour + 3600),
  };
}

/** Return where a selection is cut at first: at a moment within it, at a full minute if it is long, else in its middle. */
export function cutWithin(part: Stretch, moment: number | null): number {
  const inside = moment !== null && moment > part.from + 1 && moment < part.to - 1 ? moment : (part.from + part.to) / 2;
  const minute = Math.round(inside / 60) * 60;
  const cut = minute > part.from && minute < part.to ? minute : Math.round(inside);
  return cut > part.from && cut < part.to ? cut : (part.from + part.to) / 2;
}
