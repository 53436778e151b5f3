/** What a goal is asked and how that is written: the words of its form, and back. */
import type { GoalShape, GoalToKeep, GoalWithProgress, ProgressShape } from "../api/types.gen";
import { dayAfter, hours } from "../lib/time";
import { spoken } from "../lib/words.svelte";

export type Measure = GoalShape["measure"];
export type State = ProgressShape["state"];
export type Chosen = { id: number | string; name: string };
export const KINDS = ["categories", "projects", "tags", "apps", "domains"] as const;
export type Kind = (typeof KINDS)[number];
export const MEASURES: Measure[] = ["time", "activities", "pulse", "focus"];
export const PERIODS = ["day", "week", "month"] as const;

/** What a form holds. */
export type Draft = {
  name: string;
  measure: Measure;
  direction: GoalShape["direction"];
  target: string;
  period: GoalShape["period"];
  where: Record<Kind, Chosen[]>;
  weekdays: number[];
  daysOff: { first_day: string; last_day: string }[];
  prorated: boolean;
  notices: boolean;
  shortest: number;
  /** What the form does not show, and keeps. */
  scores: number[];
  starts_on: string | null;
  ends_on: string | null;
  /** How the target was written and what it was exactly: minutes say less than seconds. */
  was: { text: string; target: number } | null;
};

export const SIGNS: Record<State, string> = { reached: "✓", kept: "✓", open: "○", about_to_be_missed: "!", missed: "✗", off: "–", no_data: "·" };

/** Read a time such as `4`, `4:30`, `3h30`, `90 min` or `1,5 h`: a number alone is hours. Return seconds, or null. */
export function parsedTime(text: string): number | null {
  const written = text.trim().toLowerCase().replace(",", ".");
  const clock = /^(\d{1,3}):([0-5]\d)$/.exec(written);
  if (clock) return Number(clock[1]) * 3600 + Number(clock[2]) * 60;
  const spoken = /^(?:(\d+(?:\.\d+)?)\s*(?:h|hours?|std\.?|stunden?)?)?\s*(?:(\d+)\s*(?:m|min|minutes?|minuten?)?)?$/.exec(written);
  const minutes = /^(\d+(?:\.\d+)?)\s*(?:m|min|minutes?|minuten?)$/.exec(written);
  if (minutes) return Math.round(Number(minutes[1]) * 60);
  if (!spoken || (!spoken[1] && !spoken[2])) return null;
  // "3 30" could be anything.
  if (spoken[1] && spoken[2] && !/[a-z]/.test(written)) return null;
  return Math.round(Number(spoken[1] ?? 0) * 3600) + Number(spoken[2] ?? 0) * 60;
}

/** Read a target in the unit of its measure, or return null. */
export function parsedTarget(text: string, measure: Measure): number | null {
  if (measure === "time") return parsedTime(text);
  const number = Number(text.trim().replace(",", "."));
  if (!text.trim() || !Number.isFinite(number) || number < 0) return null;
  if (measure === "activities") return Number.isInteger(number) ? number : null;
  return number <= 100 ? number : null;
}

/** A number of a goal as people write it: hours of time, percent, or just the number. */
export function shown(value: number | null, unit: GoalShape["unit"]): string {
  if (value === null) return "–";
  if (unit === "seconds") return hours(value);
  const number = new Intl.NumberFormat(spoken.language, { maximumFractionDigits: unit === "activities" ? 0 : 1 }).format(value);
  return unit === "percent" ? `${number} %` : number;
}

/** How full the bar is, from 0 to 1; of nothing that is asked for it is full at once. */
export function part({ done, target }: Pick<ProgressShape, "done" | "target">): number {
  if (done === null) return 0;
  return target > 0 ? Math.min(1, done / target) : done > 0 ? 1 : 0;
}

export const hasEnded = ({ ends_on }: GoalShape, today: string): boolean => ends_on !== null && ends_on < today;

/** Return a form for a new goal. */
export function empty(): Draft {
  return {
    name: "", measure: "time", direction: "at_least", target: "", period: "day",
    where: { categories: [], projects: [], tags: [], apps: [], domains: [] },
    weekdays: [1, 2, 3, 4, 5, 6, 7], daysOff: [], prorated: true, notices: true, shortest: 60, scores: [], starts_on: null, ends_on: null, was: null,
  };
}

/** Return a form that holds a goal; `gone` stands for what was deleted. */
export function draftOf({ goal }: Pick<GoalWithProgress, "goal">, gone: string): Draft {
  const named = (found: { id: number; name: string | null }[]) => found.map(({ id, name }) => ({ id, name: name ?? gone }));
  const plain = (found: string[]) => found.map((name) => ({ id: name, name }));
  const { where } = goal;
  const target = goal.unit === "seconds" ? hours(goal.target) : String(goal.target);
  return {
    name: goal.name, measure: goal.measure, direction: goal.direction, period: goal.period,
    target, was: { text: target, target: goal.target },
    where: { categories: named(where.categories), projects: named(where.projects), tags: named(where.tags), apps: plain(where.apps), domains: plain(where.domains) },
    weekdays: goal.weekdays, daysOff: goal.days_off, prorated: goal.prorated, notices: goal.notices,
    shortest: goal.shortest_seconds, scores: where.scores, starts_on: goal.starts_on, ends_on: goal.ends_on,
  };
}

/** Return what to ask the server for, or null while the target is none. */
export function asked(draft: Draft): GoalToKeep | null {
  const target = draft.was?.text === draft.target ? draft.was.target : parsedTarget(draft.target, draft.measure);
  if (target === null) return null;
  const ids = (kind: Kind) => draft.where[kind].map((each) => each.id);
  const { name, measure, direction, period, weekdays, daysOff, prorated, notices, shortest, scores, starts_on, ends_on } = draft;
  return {
    name: name.trim(), measure, direction, target, period, weekdays, prorated, notices, starts_on, ends_on,
    days_off: daysOff.filter((off) => off.first_day && off.last_day), shortest_seconds: shortest,
    where: { categories: ids("categories"), projects: ids("projects"), tags: ids("tags"), apps: ids("apps") as string[], domains: ids("domains") as string[], scores },
  };
}

/** Return what to ask a report for to see what a goal looks at. */
export function filtersOf({ where, measure }: GoalShape): Record<string, string> {
  const list = (found: (string | number)[]) => found.map((each) => String(each).replaceAll(",", "\\,")).join(",");
  const numbers = (found: { id: number }[]) => list(found.map((each) => each.id));
  const by = where.categories.length ? "app" : "category";
  return {
    by: measure === "activities" ? "app" : by,
    category: numbers(where.categories), project: numbers(where.projects), tag: numbers(where.tags),
    app: list(where.apps), domain: list(where.domains), score: list(where.scores),
  };
}

/** For so many days back streaks are counted. */
const LOOKED_BACK = 400;
const LOOKED_BACK_FOR_ACTIVITIES = 100;

/** Whether the past of a goal is still being looked through, so that its streak may grow. */
export function isCounting({ goal, streak }: Pick<GoalWithProgress, "goal" | "streak">, today: string): boolean {
  const earliest = dayAfter(today, -(goal.measure === "activities" ? LOOKED_BACK_FOR_ACTIVITIES : LOOKED_BACK));
  return streak.since > goal.starts_on && streak.since > earliest;
}
