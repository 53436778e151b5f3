/**
 * The one call with which the screens open. It goes out before anything is drawn, and brings what the page and
 * the frame around it need for their first picture; each part is taken once, and asked for by itself from then on.
 */
import { showFrame, showToday } from "../api/sdk.gen";
import type { FrameShape, TodayShape } from "../api/types.gen";
import { asking } from "./early";
import { data } from "./loaded.svelte";

type Opening = { token: string; day: Promise<TodayShape> | undefined; date: string; frame: Promise<FrameShape | undefined> };
let opening: Opening | undefined;

/** Ask as whoever signed in with this token, unless that was done. */
export function open(token: string, date: string | null): void {
  if (opening?.token === token) return;
  const by = { fetch: asking(token, date) };
  const day = date === null ? undefined : data(showToday({ query: { date: date || null }, ...by }));
  const frame = day ? day.then((found) => found.frame ?? undefined) : data(showFrame(by));
  // What failed is asked for again by the part that needs it, which then says why.
  opening = { token, date: date ?? "", day, frame: frame.catch(() => undefined) };
  day?.catch(() => undefined);
}

export const opened = {
  /** What stands around the page; undefined where that could not be read. */
  get frame(): Promise<FrameShape | undefined> {
    return opening?.frame ?? Promise.resolve(undefined);
  },
  /** The day that nobody took yet. */
  get day(): Promise<unknown> | undefined {
    return opening?.day;
  },
  /** Take the day, if it is this one and nobody took it. */
  takeDay(date: string): Promise<TodayShape> | undefined {
    if (opening?.date !== date) return undefined;
    const { day } = opening;
    opening.day = undefined;
    return day;
  },
};

/** Wait until what is there by now has been drawn. */
export function drawn(): Promise<void> {
  // A hidden tab draws nothing.
  return new Promise((done) => {
    const late = setTimeout(done, 500);
    requestAnimationFrame(() => setTimeout(() => (clearTimeout(late), done())));
  });
}
