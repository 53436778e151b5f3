/** What a report is asked, as it stands in the address. */

export const RANGES = ["today", "yesterday", "week", "month", "quarter", "year"] as const;
export const KEYS = ["category", "app", "domain", "title", "project", "device", "tag", "hour", "weekday", "day", "week", "month"] as const;
export const FILTERS = ["category", "project", "tag", "app", "domain", "device", "score", "source", "title", "unassigned", "exact", "hour", "weekday"] as const;

export type Question = { range: string; date: string; by: string; then: string; compare: boolean; where: Record<string, string> };

/** Read the question; whatever is not said is the week by category. */
export function questionOf(query: URLSearchParams): Question {
  const where: Record<string, string> = {};
  for (const name of FILTERS) {
    const value = query.get(name);
    if (value) where[name] = value;
  }
  return {
    range: query.get("range") || "week",
    date: query.get("date") || "",
    by: query.get("by") || "category",
    then: query.get("then") || "",
    compare: query.get("compare") === "1",
    where,
  };
}

/** Return the address of a question, with some filters put over its own; an empty one takes a filter away. */
export function addressOf(question: Question, changes: Partial<Omit<Question, "where">> = {}, where: Record<string, string> = {}): string {
  const asked = { ...question, ...changes };
  const query = new URLSearchParams();
  if (asked.range !== "week") query.set("range", asked.range);
  if (asked.date) query.set("date", asked.date);
  if (asked.by !== "category") query.set("by", asked.by);
  if (asked.then) query.set("then", asked.then);
  if (asked.compare) query.set("compare", "1");
  for (const [name, value] of Object.entries({ ...question.where, ...where })) if (value) query.set(name, value);
  const text = query.toString();
  return `/reports${text && `?${text}`}`;
}

/** Return the key by which to look behind a row: what is within a category are apps, within an app titles. */
export function within(by: string): string {
  return { category: "app", app: "title", domain: "title", project: "app", device: "app", tag: "app", title: "hour" }[by] ?? "category";
}
