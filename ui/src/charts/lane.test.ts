import { expect, test } from "vitest";
import { firstAfter, laneOf, runs, stretchAt } from "./lane";

const lane = laneOf([0, 5e6, 0], [10e6, 10e6, 20e6], [0, 1, 0]);

test("steps are added up", () => {
  expect([...lane.starts]).toEqual([0, 15, 25]);
  expect([...lane.ends]).toEqual([10, 25, 45]);
});

test("a moment finds its stretch, and a gap finds none", () => {
  expect(stretchAt(lane, 9.99)).toBe(0);
  expect(stretchAt(lane, 12)).toBe(-1);
  expect(stretchAt(lane, 25)).toBe(2);
  expect(stretchAt(lane, 45)).toBe(-1);
  expect(firstAfter(lane, 10)).toBe(1);
});

test("what is seen is cut to what is asked for", () => {
  expect(runs(lane, 5, 20, 2)).toEqual([
    { from: 0, to: 10, key: 0 },
    { from: 20, to: 30, key: 1 },
  ]);
});

test("a pixel goes to what has most of it, and neighbours of one key are one", () => {
  const many = laneOf(Array(100).fill(0), Array(100).fill(1e5), Array.from({ length: 100 }, (_, n) => (n % 3 ? 1 : 0)));
  expect(runs(many, 0, 10, 1)).toEqual([{ from: 0, to: 10, key: 1 }]);
});
