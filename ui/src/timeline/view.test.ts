import { expect, test } from "vitest";
import { laneOf } from "../charts/lane";
import { CLOSEST, moved, partFor, shares, snapped, steps, zoomed } from "./view";

const whole = { from: 0, to: 86_400 };
const lane = laneOf([3600e6, 60e6], [600e6, 1200e6], [0, 1]);

test("zooming keeps the moment in its place", () => {
  const view = zoomed(whole, 0.5, 43_200, whole);
  expect(view).toEqual({ from: 21_600, to: 64_800 });
  expect(zoomed(view, 2, 43_200, whole)).toEqual(whole);
});

test("nobody comes closer than a minute nor leaves the day", () => {
  const near = zoomed(whole, 1e-9, 10, whole);
  expect(near.to - near.from).toBe(CLOSEST);
  expect(zoomed(whole, 100, 0, whole)).toEqual(whole);
  expect(moved({ from: 0, to: 100 }, -50, whole)).toEqual({ from: 0, to: 100 });
  expect(moved({ from: 0, to: 100 }, 1e9, whole)).toEqual({ from: 86_300, to: 86_400 });
});

test("a selection snaps to borders, else to minutes", () => {
  expect(snapped(lane, 3607, 20)).toBe(3600);
  expect(snapped(lane, 4195, 20)).toBe(4200);
  expect(snapped(lane, 4255, 20)).toBe(4260);
  expect(snapped(lane, 10_020, 20)).toBe(10_020);
  expect(snapped(lane, 10_005, 20)).toBe(9_960 + 60);
});

test("a selection is added up", () => {
  expect(shares(lane, { from: 4000, to: 5000 })).toEqual([
    { key: 1, seconds: 740 },
    { key: 0, seconds: 200 },
  ]);
});

test("what is seen closer than it was told is asked for with room around it, once for views near each other", () => {
  expect(partFor(whole, whole, 20)).toBe("");
  expect(partFor({ from: 0, to: 60 }, whole, 0)).toBe("");
  expect(partFor({ from: 10_000, to: 13_600 }, whole, 20)).toBe("4096..20480");
  expect(partFor({ from: 10_200, to: 13_800 }, whole, 20)).toBe("4096..20480");
  expect(partFor({ from: 0, to: 3600 }, whole, 20)).toBe("0..8192");
});

test("the axis has as many steps as there is room for", () => {
  expect(steps({ from: 0, to: 7200 }, 0.1, 50)).toEqual([0, 600, 1200, 1800, 2400, 3000, 3600, 4200, 4800, 5400, 6000, 6600]);
});
