import { describe, expect, it } from "vitest";
import { inputOf, minutesOf, same, timeOf } from "./input";

describe("inputs of settings", () => {
  it("follow the schema", () => {
    expect(inputOf({ name: "day_starts_at", schema: { type: "integer", minimum: 0, exclusiveMaximum: 1440 } }).kind).toBe("time");
    expect(inputOf({ name: "time_zone", schema: { type: "string", maxLength: 64 } }).kind).toBe("zone");
    expect(inputOf({ name: "on", schema: { type: "boolean" } }).kind).toBe("switch");
    expect(inputOf({ name: "backup_folder", schema: { type: "string", maxLength: 9 } })).toEqual({ kind: "text", longest: 9 });
    expect(inputOf({ name: "strange", schema: { type: "array" } }).kind).toBe("other");
  });

  it("put choices in the order that people know", () => {
    expect(inputOf({ name: "first", schema: { enum: ["friday", "monday", "saturday", "sunday"] } })).toEqual({ kind: "choice", choices: ["monday", "friday", "saturday", "sunday"] });
    expect(inputOf({ name: "theme", schema: { enum: ["dark", "light", "system"] } })).toMatchObject({ kind: "choice" });
  });

  it("know bounds, units and what may be empty", () => {
    expect(inputOf({ name: "idle_threshold_seconds", schema: { type: "integer", minimum: 10, maximum: 86400 } })).toEqual({ kind: "number", least: 10, most: 86400, step: 1, unit: "s", canBeEmpty: false });
    expect(inputOf({ name: "retention_titles_days", schema: { anyOf: [{ type: "integer", minimum: 1, maximum: 5 }, { type: "null" }] } })).toMatchObject({ kind: "number", unit: "d", canBeEmpty: true });
  });

  it("take a value of several numbers apart", () => {
    const schema = { $ref: "#/$defs/W", $defs: { W: { type: "object", properties: { pulse: { type: "number", minimum: 0, maximum: 100 } } } } };
    expect(inputOf({ name: "weights", schema })).toMatchObject({ kind: "parts", parts: [{ name: "pulse", input: { step: "any", most: 100 } }] });
  });
});

it("writes minutes as a time of day and back", () => {
  expect(timeOf(245)).toBe("04:05");
  expect(minutesOf("04:05")).toBe(245);
  expect(minutesOf("")).toBeNull();
  expect(same({ a: null }, { a: null })).toBe(true);
});
