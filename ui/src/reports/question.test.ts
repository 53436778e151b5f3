import { expect, test } from "vitest";
import { addressOf, keysOf, narrowed, questionOf, unitOf } from "./question";

test("an address is read back as it was written", () => {
  const question = { range: "month", date: "2026-03-02", by: "app", then: "title", compare: true, shape: "tree" as const, all: true, where: { category: "2", title: "a & b" } };
  expect(questionOf(new URL(addressOf(question), "http://x").searchParams)).toEqual(question);
});

test("what is usual is left out", () => {
  expect(addressOf(questionOf(new URLSearchParams()))).toBe("/reports");
});

test("a filter is put over the others or taken away", () => {
  const question = questionOf(new URLSearchParams("app=code&device=1"));
  expect(addressOf(question, {}, { app: "firefox" })).toBe("/reports?app=firefox&device=1");
  expect(addressOf(question, {}, { app: "" })).toBe("/reports?device=1");
});

test("named days need no day beside them, and what is exact belongs to its row", () => {
  expect(addressOf(questionOf(new URLSearchParams("range=week&date=2026-11-18")), {}, { range: "2026-11-18..2026-11-18" })).toBe("/reports?range=2026-11-18..2026-11-18");
  const question = questionOf(new URLSearchParams("category=2&exact=category"));
  expect(narrowed(question, { app: "code" })).toEqual({ app: "code", exact: "category" });
  expect(narrowed(question, { category: "1" })).toEqual({ category: "1", exact: "" });
});

test("a period has a unit of which few are enough, and all of them have a place", () => {
  expect([unitOf("2026-11-18", "2026-11-18"), unitOf("2026-11-01", "2026-11-30"), unitOf("2026-07-01", "2026-09-30"), unitOf("2026-01-01", "2026-12-31")]).toEqual(["hour", "day", "week", "month"]);
  expect(keysOf("hour", "", "", ["11", "08"])).toEqual(["08", "09", "10", "11"]);
  expect(keysOf("day", "2026-10-24", "2026-10-26", [])).toEqual(["2026-10-24", "2026-10-25", "2026-10-26"]);
  expect(keysOf("week", "2026-10-01", "2026-10-20", ["2026-10-12"])).toEqual(["2026-09-28", "2026-10-05", "2026-10-12", "2026-10-19"]);
  expect(keysOf("month", "2026-11-03", "2027-02-01", [])).toEqual(["2026-11", "2026-12", "2027-01", "2027-02"]);
});
