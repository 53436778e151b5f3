import { expect, test } from "vitest";
import { coarser, firstAfter, laneOf, Levels, runs, stretchAt } from "./lane";

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

test("a coarser lane has fewer stretches, keeps the long ones, and covers no more than their cells", () => {
  const many = laneOf([...Array(1000).fill(0), 10e6], [...Array(1000).fill(1e5), 60e6], [...Array.from({ length: 1000 }, (_, n) => (n % 3 ? 1 : 0)), 2]);
  const found = coarser(many, 1);
  expect(found.keys.length).toBeLessThan(5);
  expect([...found.keys]).toEqual([1, 2]);
  expect([found.starts[1], found.ends[1]]).toEqual([many.starts[1000], many.ends[1000]]);
  expect(coarser(lane, 1)).toEqual(lane);
});

test("levels are as fine as pixels ask for, and the lane itself where it is short", () => {
  const some = Array.from({ length: 20_000 }, (_, n) => n % 5);
  const long = laneOf(some.map(() => 1e6), some.map(() => 1e6), some);
  const levels = new Levels(long);
  expect(levels.at(2)).toBe(long);
  while (levels.prepare());
  const drawn = levels.at(1 / 72);
  expect(drawn.starts.length).toBeLessThan(2000);
  for (let at = 1; at < drawn.starts.length; at++) expect(drawn.starts[at]!).toBeGreaterThanOrEqual(drawn.ends[at - 1]!);
  expect(new Levels(lane).at(0.0001)).toBe(lane);
});
