import { expect, test } from "vitest";
import { filled, seenHours } from "./heat";

test("a cell is as full as its part of what it could hold", () => {
  expect([filled(30, 60), filled(90, 60), filled(1, 0)]).toEqual([0.5, 1, 0]);
});

test("the hours hold all there is", () => {
  const row = (...hours: number[]) => Array.from({ length: 24 }, (_, hour) => Number(hours.includes(hour)));
  expect(seenHours([row(8, 23), row(7)])).toEqual({ from: 7, to: 24 });
  expect(seenHours([row(0)])).toEqual({ from: 0, to: 10 });
  expect(seenHours([row(23)])).toEqual({ from: 14, to: 24 });
  expect(seenHours([row()])).toEqual({ from: 8, to: 18 });
});
