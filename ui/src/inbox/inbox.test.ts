import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { NoticeView, ReportRowShape } from "../api/types.gen";
import { lastDays, ruleAbout, seenIn, starters, unassigned } from "./seen";
import { actionOf, waiting } from "./told";

const row = (key: string | null, seconds: number, where: Record<string, string>, rows?: ReportRowShape[]): ReportRowShape => ({ key, seconds, share: 0, where, ...(rows ? { rows } : {}) });
const notice = (id: number, kind: string, severity: NoticeView["severity"], read_at: string | null = null) => ({ id, kind, severity, read_at, cleared_at: null, facts: {}, raised_at: "2026-11-20T10:00:00Z" }) as NoticeView;

describe("what was seen", () => {
  it("covers the last days, across months", () => {
    expect(lastDays(new Date(2026, 2, 5), 14)).toBe("2026-02-20..2026-03-05");
    expect(lastDays(new Date(2026, 10, 21), 1)).toBe("2026-11-21..2026-11-21");
  });
  it("is known by its name in corrections, and browsers are told apart", () => {
    expect(seenIn([row("Firefox", 9, { app: "firefox" }), row("a, b", 5, { app: "a\\, b" }), row(null, 3, { app: "none" })], "app")).toEqual([
      { kind: "app", id: "firefox", name: "Firefox", seconds: 9, isBrowser: true },
      { kind: "app", id: "a, b", name: "a, b", seconds: 5, isBrowser: false },
    ]);
  });
  it("is asked about from the longest on, and not for a minute", () => {
    const found = unassigned([row("a", 700, { app: "a" }), row("b", 60, { app: "b" })], [row("c.example", 9000, { domain: "c.example" })], 10);
    expect(found.map(({ id }) => id)).toEqual(["c.example", "a"]);
  });
  it("begins with what is not known, then with what took longest", () => {
    const known = row("Code", 9000, { app: "vscode" }, [row("Work > Programming", 9000, { category: "2" })]);
    const unknown = row("blender", 100, { app: "blender" }, [row(null, 100, { category: "none" })]);
    const browser = row("Firefox", 99_000, { app: "firefox" }, [row(null, 99_000, {})]);
    expect(starters([browser, known, unknown], [], 3).map(({ id, category }) => [id, category])).toEqual([["blender", null], ["vscode", 2]]);
  });
  it("leads to a rule about it", () => {
    expect(ruleAbout({ kind: "domain", id: "a&b", name: "", seconds: 0, isBrowser: false })).toBe("/rules?new=%7B%22domain%22%3A%22a%26b%22%7D");
  });
});

describe("notices", () => {
  it("wait until they are read, alarms first", () => {
    const all = [notice(1, "goal_missed", "note"), notice(2, "disk_low", "alarm"), notice(3, "clock_jumped", "note"), notice(4, "backup_missing", "alarm", "2026-11-20T10:00:00Z")];
    expect(waiting(all).map(({ id }) => id)).toEqual([2, 3, 1]);
  });
  it("lead to pages that exist, and unknown ones nowhere", () => {
    const pages = readFileSync("src/pages.ts", "utf8");
    for (const kind of ["watcher_silent", "job_failed", "disk_low", "clock_jumped", "goal_missed"]) {
      const action = actionOf(notice(1, kind, "alarm"))!;
      expect("go" in action && pages.includes(`name: "${action.go.split("/")[1]}"`)).toBe(true);
    }
    expect(actionOf(notice(1, "of_tomorrow", "note"))).toBeUndefined();
    expect(actionOf(notice(1, "toString", "note"))).toBeUndefined();
  });
});
