import { expect, test } from "vitest";
import { lineOf } from "./line";

test("a line goes by days and fills its box", () => {
  const values = [{ date: "2026-11-01", value: 1 }, { date: "2026-11-02", value: 3 }, { date: "2026-11-05", value: 2 }];
  expect(lineOf(values, 100, 20)).toEqual([{ x: 0, y: 20 }, { x: 25, y: 0 }, { x: 100, y: 10 }]);
  expect(lineOf(values.slice(0, 1), 100, 20)).toEqual([{ x: 50, y: 10 }]);
  expect(lineOf([], 1, 1)).toEqual([]);
});
