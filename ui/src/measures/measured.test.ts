import { expect, test } from "vitest";
import { differenceOf, judged, lineOf, madeOf, mean, valueOf } from "./measured";

test("a part tells what it was made of", () => {
  const share = { value: 0.5, numerator: 7200, denominator: 14_400, unit: "seconds" };
  expect(madeOf({ share })).toEqual({ over: "2:00", under: "4:00" });
  expect(madeOf({ share: { ...share, unit: "weighted seconds" } })).toEqual({ over: "0:30", under: "1:00" });
  expect(madeOf({ share: { value: 3, numerator: 6, denominator: 2.04, unit: "switches/hours" } })).toEqual({ over: "6", under: "2 h" });
});

test("values are in their unit, and differences have a sign", () => {
  expect([valueOf(1.5, "hours"), valueOf(90, "minutes"), valueOf(52.6, "percent"), valueOf(24.04, "per active hour")]).toEqual(["1:30", "1:30", "53 %", "24"]);
  expect([differenceOf(-0.5, "hours"), differenceOf(3, "points")]).toEqual(["−0:30", "+3"]);
});

test("less can be better", () => {
  expect([judged(-2, { better: -1 }), judged(2, { better: -1 }), judged(2, { better: 0 })]).toEqual([1, -1, 0]);
});

test("a line goes by days and fills its box", () => {
  const values = [{ date: "2026-11-01", value: 1 }, { date: "2026-11-02", value: 3 }, { date: "2026-11-05", value: 2 }];
  expect(lineOf(values, 100, 20)).toEqual([{ x: 0, y: 20 }, { x: 25, y: 0 }, { x: 100, y: 10 }]);
  expect(lineOf(values.slice(0, 1), 100, 20)).toEqual([{ x: 50, y: 10 }]);
  expect([lineOf([], 1, 1), mean([]), mean([1, 2])]).toEqual([[], null, 1.5]);
});
