import { describe, expect, it } from "vitest";
import { compared, untilNext } from "./today";

const before = (total_seconds: number, cut = false) => ({ range: "", started_at: "", ended_at: "", away_seconds: 0, total_seconds, cut });

describe("a day beside the one before", () => {
  it("tells the difference, up to the same time where the day goes on", () => {
    expect(compared({ total_seconds: 7200, compared_with: before(3600) })).toEqual({ key: "today.more-than", seconds: 3600 });
    expect(compared({ total_seconds: 3600, compared_with: before(7200, true) })).toEqual({ key: "today.less-so-far", seconds: 3600 });
  });
  it("says nothing where there is nothing to say", () => {
    expect(compared({ total_seconds: 7200, compared_with: before(7230) })).toBeUndefined();
    expect(compared({ total_seconds: 7200, compared_with: before(0) })).toBeUndefined();
    expect(compared({ total_seconds: 7200, compared_with: null })).toBeUndefined();
  });
});

describe("the next day", () => {
  it("is looked for once this one is over, and not all the time where a clock is wrong", () => {
    const ended = "2026-11-21T00:00:00Z";
    expect(untilNext(ended, Date.parse("2026-11-20T23:59:00Z"))).toBe(61_000);
    expect(untilNext(ended, Date.parse("2026-11-22T00:00:00Z"))).toBe(5_000);
  });
});
