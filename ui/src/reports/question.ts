/** What a report is asked, as it stands in the address. */

export const RANGES = ["today", "yesterday", "week", "month", "quarter", "year"] as const;
export const KEYS = ["category", "app", "domain", "title", "project", "device", "tag", "hour", "weekday", "day", "week", "month"] as const;
export const FILTERS = ["category", "project", "tag", "app", "domain", "device", "score", "source", "title", "unassigned", "exact", "hour", "weekday"] as const;

/** How the rows are drawn: as a table with bars, or as a chart with that table below it. */
export const SHAPES = ["table", "tree", "sunburst"] as const;
export type Shape = (typeof SHAPES)[number];
/** How many rows are shown until all are asked for, and how many those are at most. */
export const SHOWN = 50;
export const MOST_SHOWN = 1000;

export type Question = {
  range: string;
  date: string;
  by: string;
  then: string;
  compare: boolean;
  shape: Shape;
  all: boolean;
  where: Record<string, string>;
};

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
    shape: SHAPES.find((shape) => shape === query.get("shape")) ?? "table",
    all: query.get("all") === "1",
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
  if (asked.shape !== "table") query.set("shape", asked.shape);
  if (asked.all) query.set("all", "1");
  for (const [name, value] of Object.entries({ ...question.where, ...where })) if (value) query.set(name, value);
  // Named days need no day beside them.
  if (query.get("range")?.includes("..")) query.delete("date");
  const text = query.toString();
  return `/reports${text && `?${text}`}`;
}

/** Return the key by which to look behind a row: what is within a category are apps, within an app titles. */
export function within(by: string): string {
  return { category: "app", app: "title", domain: "title", project: "app", device: "app", tag: "app", title: "hour", month: "day", week: "day", day: "hour" }[by] ?? "category";
}

/** Return the filters of a row in the place of the question's own: what is exact is so only for what the row says. */
export function narrowed(question: Question, where: Record<string, string>): Record<string, string> {
  return where["exact"] || !question.where["exact"] ? where : { ...where, exact: where["category"] || where["tag"] || where["title"] ? "" : question.where["exact"] };
}

export type Unit = "hour" | "day" | "week" | "month" | "year";
const DAY_LONG = 86_400_000;
const [BY_DAY, BY_WEEK, BY_MONTH] = [35, 190, 1130];

/** Return what one pile of a period is: few enough that each can be seen. */
export function unitOf(first: string, last: string): Unit {
  const days = Math.round((Date.parse(last) - Date.parse(first)) / DAY_LONG) + 1;
  return days <= 1 ? "hour" : days <= BY_DAY ? "day" : days <= BY_WEEK ? "week" : days <= BY_MONTH ? "month" : "year";
}

/** Return the keys of all units of a period, also of those in which nothing was; `some` are those in which something was. */
export function keysOf(unit: Unit, first: string, last: string, some: readonly string[]): string[] {
  const found = [...some].sort();
  if (unit === "hour") {
    const hours = found.map(Number);
    const from = Math.min(...hours);
    return hours.length ? Array.from({ length: Math.max(...hours) - from + 1 }, (_, at) => String(from + at).padStart(2, "0")) : [];
  }
  if (unit === "month") return months(first, last);
  if (unit === "year") return Array.from({ length: Number(last.slice(0, 4)) - Number(first.slice(0, 4)) + 1 }, (_, at) => String(Number(first.slice(0, 4)) + at));
  const step = unit === "day" ? 1 : 7;
  const after = (day: string, steps: number) => new Date(Date.parse(`${day}T12:00:00Z`) + steps * step * DAY_LONG).toISOString().slice(0, 10);
  let from = first;
  if (unit === "week") {
    if (!found[0]) return [];
    // A week is called by its first day, which may lie before the period.
    for (from = found[0]; from > first; ) from = after(from, -1);
  }
  const keys: string[] = [];
  for (let day = from; day <= last; day = after(day, 1)) keys.push(day);
  return keys;
}

function months(first: string, last: string): string[] {
  const keys: string[] = [];
  let [year, month] = first.slice(0, 7).split("-").map(Number) as [number, number];
  for (let key = first.slice(0, 7); key <= last.slice(0, 7); key = `${year}-${String(month).padStart(2, "0")}`) {
    keys.push(key);
    [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
  }
  return keys;
}
