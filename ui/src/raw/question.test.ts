import { describe, expect, it } from "vitest";
import type { BucketShape } from "../api/types.gen";
import { bucketAt, second, shownAt } from "./place";
import { example, offsetOf, spotOf, tableOf } from "./question";

const bucket = (name: string, type: string, hostname: string, ended_at: string | null = null) => ({ name, type, hostname, ended_at }) as BucketShape;

describe("the example", () => {
  it("takes the window and the presence of the computer that was heard last", () => {
    const all = [bucket("w-old", "currentwindow", "a", "2026-01-01T00:00:00Z"), bucket("away-a", "afkstatus", "a"), bucket("w-new", "currentwindow", "b", "2026-02-01T00:00:00Z"), bucket("away-b", "afkstatus", "b")];
    expect(example(all)).toContain('query_bucket("w-new")');
    expect(example(all)).toContain('query_bucket("away-b")');
  });
  it("does without presence", () => expect(example([])).not.toContain("present"));
});

describe("an answer", () => {
  it("of events is a table with a column for each key", () => {
    const events = [
      { timestamp: "2026-11-20T10:00:00Z", duration: 5, data: { app: "Code" } },
      { timestamp: "2026-11-20T10:00:05Z", duration: 5, data: { url: "x", n: 1 } },
    ];
    expect(tableOf(events, 10)).toEqual({
      columns: ["app", "url", "n"],
      rows: [{ at: "2026-11-20T10:00:00Z", seconds: 5, cells: ["Code", "", ""] }, { at: "2026-11-20T10:00:05Z", seconds: 5, cells: ["", "x", "1"] }],
    });
  });
  it("of anything else is none", () => {
    for (const other of [null, 3, [], [1], { a: 1 }, [{ timestamp: "x" }]]) expect(tableOf(other, 10)).toBeUndefined();
  });
});

describe("an error", () => {
  it("names its place", () => {
    expect(spotOf("Line 2, column 3: expected ','")).toEqual({ line: 2, column: 3 });
    expect(spotOf("The query took longer")).toBeUndefined();
  });
  it("is found in the text", () => {
    expect(offsetOf("ab\ncdef", { line: 2, column: 3 })).toBe(5);
    expect(offsetOf("ab", { line: 9, column: 9 })).toBe(2);
  });
});

describe("addresses", () => {
  it("tell a bucket called query from the console", () => {
    const parts = (address: string) => address.split("/").filter(Boolean).map(decodeURIComponent);
    for (const name of ["query", "a b", "ü/ö"]) expect(shownAt(parts(bucketAt(name)))).toEqual({ console: false, bucket: name });
    expect(shownAt(["raw", "query"])).toEqual({ console: true, bucket: undefined });
    expect(shownAt(["raw"]).bucket).toBeUndefined();
  });
  it("write seconds", () => expect(second("2026-11-20T18:08:44.9Z", "UTC")).toBe("2026-11-20 18:08:44"));
});
