/** What an address says before anything else is known: the page's day, and the code of a one-time link. */
export const DAY = /^\d{4}-\d\d-\d\d$/;

/** The day that an address of Today names: "" for the present one, null for another page. */
export function dayIn(path: string[]): string | null {
  if (path[0] !== undefined && path[0] !== "today") return null;
  return DAY.test(path[1] ?? "") ? path[1]! : "";
}

/** Return the code of a one-time link in the part of an address that no server sees. */
export function codeIn(hash: string): string | null {
  return new URLSearchParams(hash.slice(1)).get("code");
}
