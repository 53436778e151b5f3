import { expect, test } from "vitest";
import { dayIn, isDay } from "./address";

test("a day is one of the calendar", () => {
  for (const day of ["2026-11-20", "2028-02-29", "0800-01-01"]) expect(isDay(day), day).toBe(true);
  for (const no of ["", "abc", "2026-13-40", "2026-02-30", "2027-02-29", "2026-1-1", "2026-11-20x", "x2026-11-20"]) expect(isDay(no), no).toBe(false);
});

test("an address names a day, the present one, or another page", () => {
  expect(dayIn([])).toBe("");
  expect(dayIn(["today"])).toBe("");
  expect(dayIn(["today", "2026-11-18"])).toBe("2026-11-18");
  expect(dayIn(["today", "2026-02-30"])).toBe("");
  expect(dayIn(["week", "2026-11-18"])).toBe(null);
});
