import { expect, it } from "vitest";
import { EMPTY, soughtOf } from "./sought";

it("seeks by what is filled in, and nothing where all is empty", () => {
  expect(soughtOf(EMPTY)).toBeNull();
  expect(soughtOf({ ...EMPTY, app: "  " })).toBeNull();
  expect(soughtOf({ ...EMPTY, to: "2026-03-01" })).toEqual({ range: "..2026-03-01" });
  expect(soughtOf({ ...EMPTY, from: "2026-03-01", to: "2026-03-07", domain: " bank.example " })).toEqual({ range: "2026-03-01..2026-03-07", domain: "bank.example" });
});
