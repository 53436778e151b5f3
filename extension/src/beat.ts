/** What a tab shows, and the beats that say for how long it did. */

/** The data of ActivityWatch's `web.tab.current`. */
export interface TabData {
  readonly url: string;
  readonly title: string;
  readonly audible: boolean;
  readonly incognito: boolean;
  readonly tabCount: number;
}

/** What is recorded now: since when, and until when beats have covered it. Times are milliseconds since 1970. */
export interface Current {
  readonly data: TabData;
  readonly since: number;
  readonly until: number;
}

/** The word "still so": `data` held from `at` on, for `lasts` milliseconds. */
export interface Beat {
  readonly at: number;
  readonly lasts: number;
  readonly data: TabData;
}

export interface Step {
  readonly current: Current | null;
  readonly beats: readonly Beat[];
}

/** Three ticks and a little: whoever was not looked at for longer was asleep, and nobody knows what was. */
export const LONGEST_GAP = 100_000;

/** Return whether two looks show the same; another number of tabs is nothing new. */
export function showsSame(one: TabData, other: TabData): boolean {
  return (
    one.url === other.url &&
    one.title === other.title &&
    one.audible === other.audible &&
    one.incognito === other.incognito
  );
}

/**
 * Go on from what was shown to what is seen at an instant.
 *
 *     current   |-----|              covered so far
 *     seen             ····· at      the same: covered on a tick; another: covered up to `at`, the new one begins
 */
export function advance(current: Current | null, seen: TabData | null, at: number, tick: boolean): Step {
  const gap = current === null ? 0 : at - current.until;
  const known = current !== null && gap >= 0 && gap <= LONGEST_GAP;
  if (known && seen !== null && showsSame(current.data, seen)) {
    if (!tick || gap === 0) return { current, beats: [] };
    return { current: { ...current, until: at }, beats: [covering(current, at)] };
  }
  const beats = known && gap > 0 ? [covering(current, at)] : [];
  if (seen === null) return { current: null, beats };
  return { current: { data: seen, since: at, until: at }, beats: [...beats, { at, lasts: 0, data: seen }] };
}

/** Return two beats as one where the second goes on right where the first ends, else null. */
export function merged(first: Beat, second: Beat): Beat | null {
  if (first.at + first.lasts !== second.at || !equal(first.data, second.data)) return null;
  return { ...first, lasts: first.lasts + second.lasts };
}

export function equal(one: TabData, other: TabData): boolean {
  return showsSame(one, other) && one.tabCount === other.tabCount;
}

function covering(current: Current, at: number): Beat {
  return { at: current.until, lasts: at - current.until, data: current.data };
}
