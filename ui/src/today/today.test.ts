import { describe, expect, it } from "vitest";
import { dayAt } from "../lib/time";
import { compared, untilNext, worthARow } from "./today";

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

describe("rows of a day", () => {
  it("last a minute or more; what is shorter is counted with the rest", () => {
    const rows = [{ seconds: 600 }, { seconds: 60 }, { seconds: 30 }, { seconds: 3 }];
    expect(worthARow(rows, { rows: 2, seconds: 4 })).toEqual({ rows: rows.slice(0, 2), rest: { rows: 4, seconds: 37 } });
    expect(worthARow(rows.slice(0, 2), null)).toEqual({ rows: rows.slice(0, 2), rest: null });
  });
  it("are all shown in the first minute", () => {
    expect(worthARow([{ seconds: 30 }], null)).toEqual({ rows: [{ seconds: 30 }], rest: null });
  });
});

describe("the next day", () => {
  it("is looked for once this one is over, and not all the time where a clock is wrong", () => {
    const ended = "2026-11-21T00:00:00Z";
    expect(untilNext(ended, Date.parse("2026-11-20T23:59:00Z"))).toBe(61_000);
    expect(untilNext(ended, Date.parse("2026-11-22T00:00:00Z"))).toBe(5_000);
  });
});

describe("the day of an instant", () => {
  it("is told in the zone, and the night counts for the day before where days begin later", () => {
    expect(dayAt("2026-11-20T23:30:00Z", "Europe/Berlin", "00:00")).toBe("2026-11-21");
    expect(dayAt("2026-11-20T23:30:00Z", "Europe/Berlin", "04:00")).toBe("2026-11-20");
    expect(dayAt("2026-11-20T12:00:00Z", "system", "00:00")).toBe("2026-11-20");
  });
});
