/**
 * Times and lengths as people write them. Instants come from the server, in its user's zone where days matter.
 *
 * What the first picture of Today needs is written without the browser's formats: the first of them takes it longer
 * than all that is drawn.
 */
import type { Key } from "./words/en";
import { t } from "./words.svelte";

/** The zone in which the server's computer is set has no name here; it is mostly that of the browser. */
const SYSTEM = "system";

const made = new Map<string, Intl.DateTimeFormat>();

/** Making one takes longer than all that is written with it in a picture, so each is made once. */
function parts(zone: string | undefined, options: Intl.DateTimeFormatOptions, language: string): Intl.DateTimeFormat {
  const own = { ...(zone && zone !== SYSTEM ? { timeZone: zone } : {}), ...options };
  const name = `${language} ${JSON.stringify(own)}`;
  let found = made.get(name);
  if (!found) {
    if (made.size > 100) made.clear();
    made.set(name, (found = new Intl.DateTimeFormat(language, own)));
  }
  return found;
}

/** `6:05` of six hours and five minutes; `0:42` of 42 minutes. Cut, so that a minute is shown once it is full. */
export function hours(seconds: number): string {
  const minutes = Math.floor(Math.max(0, seconds) / 60 + 1e-9);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/** `6 h 5 min`, `42 min`, `12 s`: the same for a sentence. */
export function lasted(seconds: number): string {
  if (seconds < 60) return `${Math.round(Math.max(0, seconds))} s`;
  const minutes = Math.floor(seconds / 60 + 1e-9);
  const [whole, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (!whole) return `${rest} min`;
  return rest ? `${whole} h ${rest} min` : `${whole} h`;
}

/** `14:05`. */
export function clock(instant: string | number | Date, zone: string = SYSTEM): string {
  const at = new Date(instant);
  if (zone === SYSTEM) return upright(at.getHours(), at.getMinutes());
  if (zone === "UTC") return upright(at.getUTCHours(), at.getUTCMinutes());
  return parts(zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, "en-GB").format(at);
}

function upright(...numbers: number[]): string {
  return numbers.map((each) => String(each).padStart(2, "0")).join(":");
}

/** `Fri 20 Nov`. */
export function dayName(day: string, language: string): string {
  return parts("UTC", { weekday: "short", day: "numeric", month: "short" }, language).format(noonOf(day));
}

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

/** `Friday, November 20, 2026`. */
export function fullDay(day: string): string {
  const noon = noonOf(day);
  return t("day.full", {
    weekday: t(`weekday.${WEEKDAYS[noon.getUTCDay()]!}`),
    day: noon.getUTCDate(),
    month: t(`month.${noon.getUTCMonth() + 1}` as Key),
    year: noon.getUTCFullYear(),
  });
}

function noonOf(day: string): Date {
  return new Date(`${day}T12:00:00Z`);
}

/** The day so many days later, as `2026-11-20`. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Which day an instant is in, where days begin at a time such as `04:00`. */
export function dayAt(instant: string, zone: string, begins: string): string {
  const [hours = 0, minutes = 0] = begins.split(":").map(Number);
  return parts(zone, { year: "numeric", month: "2-digit", day: "2-digit" }, "en-CA").format(Date.parse(instant) - (hours * 60 + minutes) * 60_000);
}

export { isDay } from "./address";
