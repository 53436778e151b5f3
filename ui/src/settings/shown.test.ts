import { expect, it } from "vitest";
import { ago, count, moment, parts, size } from "./shown";

it("writes how long ago something was in its largest whole unit", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  expect(ago("2026-11-20T11:57:10Z", now, "en")).toBe("2 minutes ago");
  expect(ago("2026-11-18T11:00:00Z", now, "en")).toBe("2 days ago");
  expect(ago("2026-11-20T12:00:00Z", now, "de")).toBe("jetzt");
});

it("writes sizes, counts and instants in the language", () => {
  expect(size(2_306_992, "en")).toBe("2.3 MB");
  expect(size(12, "en")).toBe("12 byte");
  expect(count(24139, "de")).toBe("24.139");
  expect(moment("2026-11-20T18:08:00Z", "en", "UTC")).toBe("20 Nov 2026, 18:08");
  expect(moment("2026-11-20T18:08:00Z", "en", "Europe/Nowhere")).toContain("20 Nov 2026");
});

it("finds what is code", () => {
  expect(parts("run `hourloom doctor` now")).toEqual(["run ", "hourloom doctor", " now"]);
});
