import { expect, test } from "vitest";
import { laneOf } from "../charts/lane";
import { changeIn, cut, daysOf, offsetAt, partsOf, seenHours } from "./days";

const H = 3600;
const at = (text: string) => Date.parse(text) / 1000;
const none = laneOf([], []);

test("a zone is ahead of UTC by what its clocks show", () => {
  expect(offsetAt(at("2026-07-01T12:00:00Z"), "Europe/Berlin")).toBe(2 * H);
  expect(offsetAt(at("2026-07-01T12:00:00Z"), "Asia/Kathmandu")).toBe(5.75 * H);
});

test("clocks change where they do, or the day is whole", () => {
  expect(changeIn(at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z"), "Europe/Berlin")).toBe(at("2026-10-25T01:00:00Z"));
  expect(changeIn(at("2026-10-23T22:00:00Z"), at("2026-10-24T22:00:00Z"), "Europe/Berlin")).toBe(at("2026-10-24T22:00:00Z"));
});

test("a lane is cut at both ends and moved", () => {
  const part = cut(laneOf([10e6, 5e6], [20e6, 10e6], [3, 4]), 15, 40, 100);
  expect([[...part.starts], [...part.ends], [...part.keys]]).toEqual([[115, 135], [130, 140], [3, 4]]);
});

test("the hour that comes twice stands in two halves", () => {
  const parts = partsOf("2026-10-25", at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z"), "Europe/Berlin");
  expect(parts.map((part) => [part.shows / H, (part.to - part.from) / H, part.side])).toEqual([
    [0, 2, "whole"], [2, 1, "first"], [2, 1, "second"], [3, 21, "whole"],
  ]);
});

test("the hour that is left out is not there", () => {
  const parts = partsOf("2026-03-29", at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z"), "Europe/Berlin");
  expect(parts.map((part) => [part.shows / H, (part.to - part.from) / H, part.side])).toEqual([[0, 2, "whole"], [3, 21, "whole"]]);
});

test("what goes over midnight is divided between the days, which begin when the user says", () => {
  const begins = at("2026-11-16T04:00:00Z");
  const starts = ["2026-11-16", "2026-11-17"].map((day) => ({ day, from: at(`${day}T04:00:00Z`) }));
  const days = daysOf(starts, begins, begins + 48 * H, laneOf([23 * H * 1e6], [2 * H * 1e6]), none, "UTC");
  expect(days.map((day) => day.parts.map((part) => [part.lane.starts[0]! / H, part.lane.ends[0]! / H]))).toEqual([[[27, 28]], [[4, 5]]]);
  expect([days[0]!.last, days[1]!.first]).toEqual([begins + 24 * H, begins + 24 * H]);
  expect(seenHours(days)).toEqual({ from: 4 * H, to: 28 * H });
});

test("a week without anything shows working hours", () => {
  expect(seenHours([])).toEqual({ from: 8 * H, to: 18 * H });
});
