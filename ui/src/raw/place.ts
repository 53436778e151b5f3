/** Addresses of raw data, and instants as they are stored there: to the second. */

/** What stands in the place of a bucket is the console; a bucket of that name has an address of its own. */
const CONSOLE = "query";
const BUCKET = "bucket";

/** Return the address of a bucket. */
export function bucketAt(name: string): string {
  return `/raw/${encodeURIComponent(name)}${name === CONSOLE ? `/${BUCKET}` : ""}`;
}

/** Return what an address shows: the list, a bucket or the console. */
export function shownAt(path: string[]): { console: boolean; bucket: string | undefined } {
  const console = path[1] === CONSOLE && path[2] !== BUCKET;
  return { console, bucket: console ? undefined : path[1] };
}

/** `2026-11-20 18:08:44` in the user's zone. */
export function second(instant: string | number, zone: string): string {
  const options: Intl.DateTimeFormatOptions = { dateStyle: "short", timeStyle: "medium", hourCycle: "h23" };
  return new Intl.DateTimeFormat("sv-SE", { ...options, ...(zone === "system" ? {} : { timeZone: zone }) }).format(new Date(instant));
}
