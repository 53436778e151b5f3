/** Addresses of what is behind a number. */

/** Return the address of a report; a named period needs no day beside it. */
export function reportOf(asked: Record<string, string | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    if (value && !(name === "date" && asked["range"]?.includes(".."))) query.set(name, value);
  }
  const text = query.toString();
  return `/reports${text && `?${text}`}`;
}
