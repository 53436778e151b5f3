import { expect, test } from "vitest";
import { filled, isUpright, seenHours } from "./heat";

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

test("hours stand below each other where they have no room side by side", () => {
  expect([isUpright(261, 15), isUpright(448, 16), isUpright(447, 16), isUpright(0, 24)]).toEqual([true, false, true, false]);
});
