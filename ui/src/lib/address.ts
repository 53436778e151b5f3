/** What an address says before anything else is known: the page's day, and the code of a one-time link. */

/** Return whether a text is a day of the calendar, such as `2026-11-20`. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T12:00:00Z`).toJSON()?.slice(0, 10) === text;
}

/** The day that the address of a page names; "" where it names none, which is the present one. */
export function dayNamed([, day = ""]: string[]): string {
  return isDay(day) ? day : "";
}

/** The day that an address of Today names: "" for the present one, null for another page. */
export function dayIn(path: string[]): string | null {
  return path[0] === undefined || path[0] === "today" ? dayNamed(path) : null;
}

/** Return the code of a one-time link in the part of an address that no server sees. */
export function codeIn(hash: string): string | null {
  return new URLSearchParams(hash.slice(1)).get("code");
}
