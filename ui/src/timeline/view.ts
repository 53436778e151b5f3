/** What part of a day is seen, and what of it is selected: seconds from the beginning of the day. */
import type { Lane, Levels } from "../charts/lane";
import { firstAfter } from "../charts/lane";

export type Stretch = { from: number; to: number };

/** One lane of the board: what was done when, what each key is called, in short and in full, and how it is painted: filled, or as an edge. */
export type Row = { label: string; lane: Lane; levels: Levels; names: (string | null)[]; colors: (string | null)[]; details?: string[]; hollow?: boolean[]; ofCategories: boolean };

/** The shortest stretch that fills the width. */
export const CLOSEST = 60;

/** Return the view after zooming: less than 1 comes closer; the moment stays where it is. */
export function zoomed(view: Stretch, factor: number, around: number, whole: Stretch): Stretch {
  const length = Math.min(whole.to - whole.from, Math.max(CLOSEST, (view.to - view.from) * factor));
  const share = (around - view.from) / (view.to - view.from);
  return within({ from: around - share * length, to: around + (1 - share) * length }, whole);
}

/** Return the view after moving by so many seconds, not beyond the day. */
export function moved(view: Stretch, seconds: number, whole: Stretch): Stretch {
  return within({ from: view.from + seconds, to: view.to + seconds }, whole);
}

/**
 * Return the part of a day to ask for, as seconds `from..to`, to see a view as fine as it is drawn: at least as
 * much again on both sides, and the same for every view near it. Nothing where what is there is fine enough.
 */
export function partFor(view: Stretch, whole: Stretch, joined: number): string {
  const length = view.to - view.from;
  if (!joined || length / PIXELS >= joined) return "";
  const step = 2 ** Math.ceil(Math.log2(length));
  const from = Math.max(whole.from, (Math.floor(view.from / step) - 1) * step);
  const to = Math.min(whole.to, (Math.ceil(view.to / step) + 1) * step);
  return `${from}..${to}`;
}

/** So wide a board is taken to be, at the least. */
const PIXELS = 1000;

function within(view: Stretch, whole: Stretch): Stretch {
  const length = Math.min(view.to - view.from, whole.to - whole.from);
  const from = Math.min(Math.max(view.from, whole.from), whole.to - length);
  return { from, to: from + length };
}

/** Return the nearest border of a stretch if there is one within reach, else the full minute. */
export function snapped(lane: Lane, moment: number, reach: number): number {
  const at = firstAfter(lane, moment);
  const borders = [lane.starts[at], lane.ends[at], lane.ends[at - 1], lane.starts[at + 1]].filter((each) => each !== undefined);
  const best = borders.reduce((near, each) => (Math.abs(each - moment) < Math.abs(near - moment) ? each : near), Infinity);
  return Math.abs(best - moment) <= reach ? best : Math.round(moment / 60) * 60;
}

/** Add up for each key how much of a stretch it has, the longest first. */
export function shares(lane: Lane, part: Stretch): { key: number; seconds: number }[] {
  const found = new Map<number, number>();
  for (let at = firstAfter(lane, part.from); at < lane.starts.length && lane.starts[at]! < part.to; at++) {
    const seconds = Math.min(lane.ends[at]!, part.to) - Math.max(lane.starts[at]!, part.from);
    found.set(lane.keys[at]!, (found.get(lane.keys[at]!) ?? 0) + seconds);
  }
  return [...found].map(([key, seconds]) => ({ key, seconds })).sort((a, b) => b.seconds - a.seconds);
}

/** Return the steps of an axis: full minutes or hours, no closer than so many pixels. */
export function steps(view: Stretch, scale: number, apart: number): number[] {
  const step = [60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600].find((each) => each * scale >= apart) ?? 43_200;
  const found: number[] = [];
  for (let at = Math.ceil(view.from / step) * step; at < view.to; at += step) found.push(at);
  return found;
}
