import { expect, test } from "vitest";
import { clock, fullDay } from "./time";

test("what needs no format of the browser is written as the browser writes it", () => {
  for (const instant of ["2026-03-29T00:59:59Z", "2026-11-20T23:05:00Z", "2026-01-01T00:00:00.999Z"]) {
    for (const zone of ["UTC", "system"]) {
      const own = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(zone === "UTC" ? { timeZone: zone } : {}) } as const;
      expect(clock(instant, zone)).toBe(new Intl.DateTimeFormat("en-GB", own).format(new Date(instant)));
    }
    expect(clock(instant)).toBe(clock(instant, "system"));
  }
  expect(clock("2026-03-29T01:00:00Z", "Europe/Berlin")).toBe("03:00");
  expect(clock("2026-11-20T23:05:00Z", "Asia/Kolkata")).toBe("04:35");
});

test("each day of a year has its name", () => {
  const long = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  for (let at = Date.UTC(2028, 0, 1); at < Date.UTC(2029, 0, 1); at += 86_400_000) {
    expect(fullDay(new Date(at).toISOString().slice(0, 10))).toBe(long.format(at));
  }
});
