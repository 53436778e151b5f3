import { expect, test } from "vitest";
import type { GoalShape } from "../api/types.gen";
import { asked, draftOf, empty, isCounting, part, parsedTarget, parsedTime, shown } from "./goal";

test.each([
  ["4", 14_400], ["4:30", 16_200], ["0:05", 300], ["4h", 14_400], ["3h30", 12_600], ["3 h 30 min", 12_600], ["90 min", 5400], ["90m", 5400], ["1,5", 5400], ["1.5 h", 5400],
  ["2 Stunden", 7200], [" 40:00 ", 144_000],
])("%s is a time", (text, seconds) => expect(parsedTime(text)).toBe(seconds));

test.each(["", "x", "4:60", "4:5", "-1", "3 30", "h", "1:2:3"])("%s is no time", (text) => expect(parsedTime(text)).toBe(null));

test("a target is read in its measure", () => {
  expect(parsedTarget("6", "activities")).toBe(6);
  expect(parsedTarget("6.5", "activities")).toBe(null);
  expect(parsedTarget("70", "pulse")).toBe(70);
  expect(parsedTarget("101", "focus")).toBe(null);
  expect(parsedTarget("", "pulse")).toBe(null);
});

test("numbers are shown in their unit", () => {
  expect([shown(16_200, "seconds"), shown(6, "activities"), shown(71.25, "points"), shown(40, "percent"), shown(null, "points")]).toEqual(["4:30", "6", "71.3", "40 %", "–"]);
});

test("a bar is full when the target is reached, and at once when nothing is allowed", () => {
  expect([part({ done: 5, target: 10 }), part({ done: 20, target: 10 }), part({ done: 1, target: 0 }), part({ done: null, target: 10 })]).toEqual([0.5, 1, 1, 0]);
});

test("a form holds all of a goal and gives it back", () => {
  const goal = {
    id: 1, name: "Deep", measure: "time", unit: "seconds", direction: "at_least", target: 14_400, period: "day", shortest_seconds: 60,
    where: { categories: [{ id: 2, name: null }], projects: [], apps: ["Code"], domains: [], tags: [], scores: [2] },
    weekdays: [1, 2], days_off: [{ first_day: "2026-12-24", last_day: "2026-12-31" }], prorated: false, notices: true,
    starts_on: "2026-11-01", ends_on: null, created_at: "2026-11-01T00:00:00Z",
  } as const;
  const draft = draftOf({ goal: structuredClone(goal) as never }, "gone");
  expect(draft.where.categories).toEqual([{ id: 2, name: "gone" }]);
  expect(asked(draft)).toEqual({
    name: "Deep", measure: "time", direction: "at_least", target: 14_400, period: "day", shortest_seconds: 60,
    where: { categories: [2], projects: [], tags: [], apps: ["Code"], domains: [], scores: [2] },
    weekdays: [1, 2], days_off: goal.days_off, prorated: false, notices: true, starts_on: "2026-11-01", ends_on: null,
  });
  expect(asked(empty())).toBe(null);
});

test("a streak grows until all days that count were looked at", () => {
  const of = (starts_on: string, since: string, measure: "time" | "activities" = "time") =>
    isCounting({ goal: { starts_on, measure } as GoalShape, streak: { current: 1, longest: 1, since } }, "2026-11-21");
  expect([of("2026-10-24", "2026-11-09"), of("2026-10-24", "2026-10-24"), of("2026-10-24", "2026-10-19")]).toEqual([true, false, false]);
  expect([of("2020-01-01", "2025-10-17"), of("2020-01-01", "2025-10-18"), of("2020-01-01", "2026-08-01", "activities")]).toEqual([false, true, false]);
});
