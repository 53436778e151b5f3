import { expect, test } from "vitest";
import { differenceOf, judged, madeOf, mean, valueOf } from "./measured";

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

test("a mean of nothing is none", () => {
  expect([mean([]), mean([1, 2])]).toEqual([null, 1.5]);
});
