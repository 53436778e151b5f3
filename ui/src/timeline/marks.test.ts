import { expect, test } from "vitest";
import { laneOf } from "../charts/lane";
import { fitting, inkOn } from "./drawing";
import { cutWithin, gapAt, mainCategory, splitMarks, uncounted } from "./marks";

const instant = (seconds: number) => new Date(seconds * 1000).toISOString();

test("each part about which something is said becomes a mark", () => {
  const parts = [{ from: 0, to: 60 }, { from: 60, to: 120 }, { from: 120, to: 180 }];
  expect(splitMarks([{ part: parts[0]!, said: "" }, { part: parts[1]!, said: 7 }, { part: parts[2]!, said: "away" }], instant)).toEqual([
    { start: instant(60), end: instant(120), outcome: { category_id: 7 } },
    { start: instant(120), end: instant(180), presence: "away" },
  ]);
});

test("what has most of the time is what several become", () => {
  expect(mainCategory([{ category_id: 1, duration_seconds: 5 }, { category_id: 2, duration_seconds: 4 }, { category_id: 2, duration_seconds: 3 }, { category_id: null, duration_seconds: 50 }])).toBe(2);
  expect(mainCategory([{ category_id: null, duration_seconds: 5 }])).toBeUndefined();
  expect(uncounted({ from: 0, to: 60 }, [{ duration_seconds: 45 }])).toBe(15);
});

test("a tap beside everything chooses the gap", () => {
  const lane = laneOf([3600e6, 60e6], [600e6, 1200e6]);
  const whole = { from: 0, to: 86_400 };
  expect(gapAt(lane, 4230, whole)).toEqual({ from: 4200, to: 4260 });
  expect(gapAt(lane, 100, whole)).toEqual({ from: 0, to: 3600 });
  expect(gapAt(lane, 40_000, whole)).toEqual({ from: 5460, to: 43_200 });
});

test("a cut lies within, at a full minute where there is one", () => {
  expect(cutWithin({ from: 0, to: 3600 }, 1234)).toBe(1260);
  expect(cutWithin({ from: 0, to: 3600 }, null)).toBe(1800);
  expect(cutWithin({ from: 10, to: 20 }, null)).toBe(15);
  expect(cutWithin({ from: 10, to: 11 }, 10)).toBe(10.5);
});

test("names are cut to their room, and can be read on their colour", () => {
  expect(fitting("Programming", 200)).toBe("Programming");
  expect(fitting("Programming", 40)).toBe("Progr…");
  expect(fitting("Programming", 10)).toBe("");
  expect(inkOn("rgb(255, 255, 0)")).toBe("#000000");
  expect(inkOn("rgb(70, 62, 156)")).toBe("#ffffff");
});
