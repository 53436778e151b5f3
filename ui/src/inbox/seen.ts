/** Apps and sites of the last days, and what they count as: what the inbox and the setup ask about. */
import type { ReportRowShape } from "../api/types.gen";

export type Kind = "app" | "domain";
export type Seen = {
  kind: Kind;
  /** How a correction calls it. */
  id: string;
  name: string;
  seconds: number;
  /** What most of its time counts as; null is nothing, undefined where that was not asked. */
  category?: number | null;
  /** A browser shows everything there is: what one is cannot be said as a whole. */
  isBrowser: boolean;
};

/** As the server calls the apps in which there can be anything. */
const BROWSERS = new Set(["firefox", "chrome", "chromium", "edge", "brave", "safari", "opera", "vivaldi", "librewolf", "tor"]);
export const DAYS = 14;
/** Less than this within those days is not worth a question. */
export const WORTH_ASKING = 10 * 60;

/** Return the last days up to one of them, as a report asks for them. */
export function lastDays(today: Date, days = DAYS): string {
  const written = (date: Date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
  const first = new Date(today.getFullYear(), today.getMonth(), today.getDate() - days + 1);
  return `${written(first)}..${written(today)}`;
}

/** Return what rows of a report by app or by site are about. */
export function seenIn(rows: ReportRowShape[], kind: Kind): Seen[] {
  return rows
    .filter((row) => row.key !== null && row.where[kind])
    .map((row) => {
      const id = row.where[kind]!.replaceAll("\\,", ",");
      const most = row.rows?.[0];
      return {
        kind, id, name: row.key!, seconds: row.seconds, isBrowser: kind === "app" && BROWSERS.has(id),
        ...(row.rows ? { category: categoryOf(most) } : {}),
      };
    });
}

function categoryOf(row: ReportRowShape | undefined): number | null {
  const id = Number(row?.where["category"]);
  return row?.key && Number.isInteger(id) ? id : null;
}

/** Return what nothing is known of, the longest first. */
export function unassigned(apps: ReportRowShape[], sites: ReportRowShape[], most: number): Seen[] {
  return [...seenIn(apps, "app"), ...seenIn(sites, "domain")]
    .filter((each) => each.seconds >= WORTH_ASKING)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, most);
}

/** Return the first things to ask about: what nothing is known of, then what took longest. */
export function starters(apps: ReportRowShape[], sites: ReportRowShape[], most: number): Seen[] {
  const all = [...seenIn(apps, "app"), ...seenIn(sites, "domain")].filter((each) => !each.isBrowser && each.seconds >= 60);
  const order = (each: Seen) => (each.category === null ? 0 : 1);
  return all.sort((a, b) => order(a) - order(b) || b.seconds - a.seconds).slice(0, most);
}

/** Return a rule's beginning about something, as its editor takes it from the address. */
export function ruleAbout({ kind, id }: Seen): string {
  return `/rules?new=${encodeURIComponent(JSON.stringify({ [kind]: id }))}`;
}
