import { expect, test } from "vitest";
import type { DayColumns } from "../api/types.gen";
import { calledOf, listedOf, MOST_LANES, reachOf, sourcesOf } from "./sources";

const MICRO = 1e6;
const columns = (bucket: string, type: string, starts: number[], durations: number[], payloads: number[]) => ({
  bucket, type, ids: starts.map(() => 1), starts: starts.map((each) => each * MICRO), durations: durations.map((each) => each * MICRO), payloads,
});
const dayOf = (...buckets: DayColumns["buckets"]): DayColumns => ({
  date: "2026-11-18", started_at: 1000 * MICRO, ended_at: 2000 * MICRO,
  payloads: [{ app: "Code", title: "main.py" }, { status: "afk" }, { url: "https://www.example.org/a?b#c", title: "مرحبا" }],
  buckets,
});

test("each bucket that has something is a lane, windows first", () => {
  const { sources, others } = sourcesOf(dayOf(columns("b", "afkstatus", [0], [5], [1]), columns("empty", "x", [], [], []), columns("a", "currentwindow", [10, 20, 5], [20, 3, 0], [0, 2, 0])), 900);
  expect(sources.map((each) => each.bucket)).toEqual(["a", "b"]);
  expect(others).toEqual([]);
  // Steps are from one beginning to the next; the later event is seen where two overlap.
  expect([...sources[0]!.lane.starts]).toEqual([110, 130, 135]);
  expect([...sources[0]!.lane.ends]).toEqual([130, 133, 135]);
  expect([...sources[0]!.lane.keys]).toEqual([0, 1, 0]);
  expect(sources[0]!.names).toEqual(["Code", "example.org"]);
  expect(sources[0]!.details).toEqual(["main.py", "مرحبا"]);
});

test("there are only so many lanes, and the others are told", () => {
  const many = Array.from({ length: MOST_LANES + 2 }, (_, at) => columns(`bucket ${String(at).padStart(2, "0")}`, "x", [0], [1], [0]));
  const { sources, others } = sourcesOf(dayOf(...many), 1000);
  expect(sources).toHaveLength(MOST_LANES);
  expect(others).toEqual(["bucket 12", "bucket 13"]);
});

test("an event is called by what its watcher sends, whatever that is", () => {
  expect(calledOf({ app: "Code", title: "Code" })).toEqual(["Code", ""]);
  expect(calledOf({ url: "javascript:alert(1)", title: "x" })).toEqual(["x", ""]);
  expect(calledOf({ url: "https://user:secret@example.org/" })[0]).toBe("example.org");
  expect(calledOf({ file: "C:\\work\\a.py", project: "p" })).toEqual(["a.py", "p"]);
  expect(calledOf({ status: "not-afk" })).toEqual(["not-afk", ""]);
  expect(calledOf({ n: 1 })).toEqual(['{"n":1}', ""]);
  for (const odd of [null, undefined, 7, "text", [], { app: 3 }, { title: "a".repeat(10_000) }]) expect(calledOf(odd)[0].length).toBeLessThanOrEqual(500);
});

test("the list has all lanes in the order in which things began", () => {
  const { sources } = sourcesOf(dayOf(columns("a", "currentwindow", [0, 10], [5, 5], [0, 0]), columns("b", "afkstatus", [3, 20], [1, 1], [1, 1])), 1000);
  const { lanes, places } = listedOf(sources);
  expect([...lanes]).toEqual([0, 1, 0, 1]);
  expect([...places]).toEqual([0, 0, 1, 1]);
});

test("only what a watcher of presence calls away is hollow", () => {
  const { sources } = sourcesOf(dayOf(columns("a", "currentwindow", [0], [5], [1]), columns("b", "afkstatus", [0, 5], [5, 5], [1, 0])), 1000);
  expect(sources.map((each) => each.hollow)).toEqual([[false], [true, false]]);
});

test("what is fitted is from the first to the last of all lanes, within the day", () => {
  const whole = { from: 0, to: 100 };
  const lanes = (...days: DayColumns["buckets"]) => sourcesOf(dayOf(...days), 1000).sources.map((each) => each.lane);
  expect(reachOf(lanes(columns("a", "x", [10], [5], [0]), columns("b", "x", [30, 20], [5, 7], [0, 0])), whole)).toEqual({ from: 10, to: 57 });
  expect(reachOf(lanes(columns("a", "x", [-10], [300], [0])), whole)).toEqual(whole);
  expect(reachOf(lanes(), whole)).toBeUndefined();
});
