/** A week as seven days: each from where the clock begins it, whether it has 23, 24 or 25 hours. */
import type { Lane } from "../charts/lane";

const HOUR = 3600;
const SYSTEM = "system";

/** A part of a day in seconds of its clock since midnight; the hour that comes twice stands in two halves. */
export type Side = "whole" | "first" | "second";
export type Part = { lane: Lane; away: Lane; side: Side };
export type Day = {
  day: string;
  /** When it begins and ends, in seconds since 1970. */
  from: number;
  to: number;
  parts: Part[];
  /** When something was first and last done, in seconds since 1970. */
  first: number | null;
  last: number | null;
};

/** Return by how many seconds the clocks of a zone are ahead of UTC at a moment. */
export function offsetAt(seconds: number, zone: string): number {
  const shown = new Intl.DateTimeFormat("en-US", {
    ...(zone === SYSTEM ? {} : { timeZone: zone }),
    hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(new Date(seconds * 1000));
  const part = (type: string) => Number(shown.find((each) => each.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) / 1000 - Math.floor(seconds);
}

/** Return when clocks change within a day, or where it ends if they do not. */
export function changeIn(from: number, to: number, zone: string): number {
  const before = offsetAt(from, zone);
  if (offsetAt(to - 1, zone) === before) return to;
  let [low, high] = [from, to - 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle, zone) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** Return what of a lane lies between two moments of it, moved by so many seconds. */
export function cut(lane: Lane, from: number, to: number, moved: number): Lane {
  const places: number[] = [];
  for (let at = 0; at < lane.starts.length; at++) if (lane.ends[at]! > from && lane.starts[at]! < to) places.push(at);
  return {
    starts: Float64Array.from(places, (at) => Math.max(from, lane.starts[at]!) + moved),
    ends: Float64Array.from(places, (at) => Math.min(to, lane.ends[at]!) + moved),
    keys: Uint32Array.from(places, (at) => lane.keys[at]!),
  };
}

/**
 * Split the lanes of a week into its days. `begins` and `ends` are those of the lanes, in seconds since 1970, and
 * `starts` those of the days, as the server tells them.
 */
export function daysOf(starts: { day: string; from: number }[], begins: number, ends: number, lane: Lane, away: Lane, zone: string): Day[] {
  return starts.map(({ day, from }, index) => {
    const to = starts[index + 1]?.from ?? ends;
    const own = cut(lane, from - begins, to - begins, 0);
    const parts = partsOf(day, from, to, zone).map(({ side, ...part }) => {
      const [start, end] = [part.from - begins, part.to - begins];
      return { side, lane: cut(lane, start, end, part.shows - start), away: cut(away, start, end, part.shows - start) };
    });
    const some = own.starts.length > 0;
    return { day, from, to, parts, first: some ? begins + own.starts[0]! : null, last: some ? begins + own.ends.at(-1)! : null };
  });
}

type Piece = { from: number; to: number; shows: number; side: Side };

/** Divide a day where clocks change: each piece is told with what the clock shows when it begins. */
export function partsOf(day: string, from: number, to: number, zone: string): Piece[] {
  const midnight = Date.parse(`${day}T00:00:00Z`) / 1000;
  const change = changeIn(from, to, zone);
  const shows = (moment: number, offset: number) => moment + offset - midnight;
  const [before, after] = [offsetAt(from, zone), offsetAt(to - 1, zone)];
  const twice = Math.min(Math.max(0, before - after), change - from, to - change);
  const pieces: Piece[] = [
    { from, to: change - twice, shows: shows(from, before), side: "whole" },
    { from: change - twice, to: change, shows: shows(change - twice, before), side: "first" },
    { from: change, to: change + twice, shows: shows(change, after), side: "second" },
    { from: change + twice, to, shows: shows(change + twice, after), side: "whole" },
  ];
  return pieces.filter((piece) => piece.to > piece.from);
}

/** Return the full hours of the clock that hold all that was done on these days; a working day where that is nothing. */
export function seenHours(days: Day[]): { from: number; to: number } {
  const lanes = days.flatMap((day) => day.parts.map((part) => part.lane)).filter((lane) => lane.starts.length);
  if (!lanes.length) return { from: 8 * HOUR, to: 18 * HOUR };
  const from = Math.floor(Math.min(...lanes.map((lane) => lane.starts[0]!)) / HOUR) * HOUR;
  const to = Math.ceil(Math.max(...lanes.map((lane) => lane.ends.at(-1)!)) / HOUR) * HOUR;
  return { from, to: Math.max(to, from + 4 * HOUR) };
}
