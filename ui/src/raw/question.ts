/** Queries as ActivityWatch's users write them: a first example, and what an answer and an error show. */
import type { BucketShape } from "../api/types.gen";

export type Table = { columns: string[]; rows: { at: string; seconds: number; cells: string[] }[] };
export type Spot = { line: number; column: number };
type AwEvent = { timestamp: string; duration: number; data: Record<string, unknown> };

/** Return a query that works on what is recorded here: time in each app without the time away. */
export function example(buckets: BucketShape[]): string {
  const newest = [...buckets].sort((a, b) => (b.ended_at ?? "").localeCompare(a.ended_at ?? ""));
  const window = newest.find((each) => each.type === "currentwindow");
  const away = newest.find((each) => each.type === "afkstatus" && each.hostname === window?.hostname) ?? newest.find((each) => each.type === "afkstatus");
  const lines = [`events = flood(query_bucket(${quoted(window?.name ?? "hourloom-window_")}));`];
  if (away) {
    lines.push(`present = filter_keyvals(query_bucket(${quoted(away.name)}), "status", ["not-afk"]);`, "events = filter_period_intersect(events, present);");
  }
  return [...lines, 'events = merge_events_by_keys(events, ["app"]);', "RETURN = sort_by_duration(events);"].join("\n");
}

const quoted = (text: string) => JSON.stringify(text);

function isEvent(value: unknown): value is AwEvent {
  const event = value as Partial<AwEvent> | null;
  return typeof event === "object" && event !== null && typeof event.timestamp === "string" && typeof event.duration === "number" && typeof event.data === "object" && event.data !== null;
}

/** Return an answer as a table with a column for each key of the data, or nothing where it is no list of events. */
export function tableOf(answer: unknown, most: number): Table | undefined {
  if (!Array.isArray(answer) || !answer.length || !answer.every(isEvent)) return undefined;
  const shown = (answer as AwEvent[]).slice(0, most);
  const columns = [...new Set(shown.flatMap((each) => Object.keys(each.data)))].slice(0, 20);
  const rows = shown.map(({ timestamp, duration, data }) => ({ at: timestamp, seconds: duration, cells: columns.map((key) => cell(data[key])) }));
  return { columns, rows };
}

function cell(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Return the place that an error names. */
export function spotOf(message: string): Spot | undefined {
  const found = /^Line (\d+), column (\d+):/.exec(message);
  return found ? { line: Number(found[1]), column: Number(found[2]) } : undefined;
}

/** Return where in a text a place is, as a number of characters before it. */
export function offsetOf(text: string, { line, column }: Spot): number {
  const lines = text.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return Math.min(text.length, before + column - 1);
}
