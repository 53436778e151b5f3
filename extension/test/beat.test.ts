import { describe, expect, test } from "vitest";
import { type Beat, type Current, LONGEST_GAP, type TabData, advance, merged } from "../src/beat";

const A: TabData = { url: "http://a.test/", title: "A", audible: false, incognito: false, tabCount: 2 };
const B: TabData = { ...A, url: "http://b.test/", title: "B" };
const showing = (data: TabData, since: number, until: number): Current => ({ data, since, until });

describe("going on from what was shown", () => {
  test("the first look begins", () => {
    expect(advance(null, A, 1_000, false)).toEqual({
      current: showing(A, 1_000, 1_000),
      beats: [{ at: 1_000, lasts: 0, data: A }],
    });
  });

  test("the same is covered on a tick, and only then", () => {
    const current = showing(A, 1_000, 1_000);
    expect(advance(current, A, 4_000, false)).toEqual({ current, beats: [] });
    expect(advance(current, A, 4_000, true)).toEqual({
      current: showing(A, 1_000, 4_000),
      beats: [{ at: 1_000, lasts: 3_000, data: A }],
    });
  });

  test("on a change the old is covered up to the instant, then the new begins there", () => {
    expect(advance(showing(A, 0, 2_000), B, 5_000, false).beats).toEqual([
      { at: 2_000, lasts: 3_000, data: A },
      { at: 5_000, lasts: 0, data: B },
    ]);
  });

  test("when nothing is to be recorded the old ends", () => {
    expect(advance(showing(A, 0, 2_000), null, 5_000, false)).toEqual({
      current: null,
      beats: [{ at: 2_000, lasts: 3_000, data: A }],
    });
    expect(advance(null, null, 5_000, true)).toEqual({ current: null, beats: [] });
  });

  test("time that nobody watched is not invented", () => {
    const late = 2_000 + LONGEST_GAP + 1;
    expect(advance(showing(A, 0, 2_000), A, late, true)).toEqual({
      current: showing(A, late, late),
      beats: [{ at: late, lasts: 0, data: A }],
    });
    expect(advance(showing(A, 0, 2_000), B, late, true).beats).toEqual([{ at: late, lasts: 0, data: B }]);
  });

  test("a clock that is set back makes no negative time", () => {
    for (const { lasts } of advance(showing(A, 5_000, 9_000), A, 2_000, true).beats) expect(lasts).toBe(0);
  });

  test("another number of tabs is nothing new", () => {
    const current = showing(A, 0, 0);
    expect(advance(current, { ...A, tabCount: 9 }, 10, false)).toEqual({ current, beats: [] });
  });

  test("over any story the beats follow each other and cover all that was watched", () => {
    let current: Current | null = null;
    const beats: Beat[] = [];
    let random = 7;
    for (let at = 0; at < 1_000_000; at += 1 + (random % 5_000)) {
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      const seen = [A, B, null][random % 3] ?? null;
      const step = advance(current, seen, at, random % 2 === 0);
      current = step.current;
      beats.push(...step.beats);
    }
    let end = 0;
    for (const beat of beats) {
      expect(beat.at).toBeGreaterThanOrEqual(end);
      end = beat.at + beat.lasts;
    }
  });
});

test("beats are one only where they touch and say the same", () => {
  const first = { at: 0, lasts: 10, data: A };
  expect(merged(first, { at: 10, lasts: 5, data: A })).toEqual({ at: 0, lasts: 15, data: A });
  expect(merged(first, { at: 11, lasts: 5, data: A })).toBeNull();
  expect(merged(first, { at: 10, lasts: 5, data: B })).toBeNull();
});
