import { describe, expect, it } from "vitest";
import type { BucketShape, DeviceHealth, DeviceShape, NoticeView } from "../api/types.gen";
import { proof, systemOf, type Known } from "./proof";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const bucket = (type: string, secondsAgo: number | null, name: string = type) =>
  ({ name, type, hostname: "tower", ended_at: secondsAgo === null ? null : new Date(NOW - secondsAgo * 1000).toISOString() }) as BucketShape;
const device = (health: Partial<DeviceHealth>) => ({ id: 1, name: "tower", health: { watchers: [], paused_until: null, queue: null, ...health } }) as unknown as DeviceShape;
const silent = (name: string) => ({ kind: "watcher_silent", slot: "7", facts: { bucket: name }, cleared_at: null }) as unknown as NoticeView;
const ask = (known: Partial<Known>) => proof({ buckets: [], devices: [], notices: [], isAway: false, now: NOW, ...known });

describe("whether recording works", () => {
  it("is proved by a window that was heard just now", () => {
    expect(ask({ buckets: [bucket("currentwindow", 9000, "old"), bucket("currentwindow", 3, "new")] })).toMatchObject({ verdict: "recording", window: { name: "new" } });
  });
  it("says that everything counts as away", () => {
    expect(ask({ buckets: [bucket("currentwindow", 3), bucket("afkstatus", 3)], isAway: true }).verdict).toBe("away");
    expect(ask({ buckets: [bucket("currentwindow", 3), bucket("afkstatus", 9000)], isAway: true }).verdict).toBe("recording");
  });
  it("says that it is paused, and not for ever after", () => {
    expect(ask({ devices: [device({ paused_until: "2026-11-20T13:00:00Z" })] }).verdict).toBe("paused");
    expect(ask({ devices: [device({ paused_until: "2026-11-20T11:00:00Z" })] }).verdict).toBe("none");
  });
  it("says that only the windows are missing, and why", () => {
    const blind = device({ watchers: [{ watcher: "window", mechanism: null, obstacles: [{ mechanism: "X11", reason: "no display", next_step: "set DISPLAY" }] } as never] });
    expect(ask({ buckets: [bucket("afkstatus", 3)], devices: [blind] })).toMatchObject({ verdict: "blind", obstacles: [{ what: "window: X11", reason: "no display", next: "set DISPLAY" }] });
  });
  it("names the watcher that fell silent while others report", () => {
    const buckets = [bucket("afkstatus", 3), bucket("currentwindow", 4000, "w")];
    expect(ask({ buckets, notices: [silent("w")] })).toMatchObject({ verdict: "silent", window: { name: "w" } });
  });
  it("says when something was heard last, and what waits", () => {
    const queued = device({ queue: { trouble: "the server refuses" } as never });
    expect(ask({ buckets: [bucket("currentwindow", 4000)], devices: [queued] })).toMatchObject({ verdict: "stopped", queued: "the server refuses" });
  });
  it("counts nothing that came from an import, and no empty bucket", () => {
    expect(ask({ buckets: [bucket("currentwindow", 40 * 86_400), bucket("afkstatus", null)] }).verdict).toBe("none");
  });
});

describe("what else stands in the way", () => {
  const at = (secondsAgo: number) => new Date(NOW - secondsAgo * 1000).toISOString();
  const clocked = (at_: string, reported_at: string) => ({ ...device({ at: at_ }), reported_at });
  it("is a clock that differs from the server's, whatever reports", () => {
    const buckets = [bucket("currentwindow", 3)];
    expect(ask({ buckets, devices: [clocked(at(3600), at(5))] })).toMatchObject({ verdict: "clock", device: "tower", ahead: -3_595_000 });
    expect(ask({ buckets, devices: [clocked(at(50), at(5))] }).verdict).toBe("recording");
    expect(ask({ buckets, devices: [clocked(at(90_000), at(80_000))] }).verdict).toBe("recording");
    expect(ask({ buckets: [bucket("currentwindow", -1800)] })).toMatchObject({ verdict: "clock", ahead: 1_800_000 });
    expect(ask({ buckets: [bucket("currentwindow", -20)] }).verdict).toBe("recording");
  });
  it("is what a watcher met, also where it has a way to look", () => {
    const failing = device({ watchers: [{ watcher: "window", mechanism: "Wayland", error: "the compositor closed the connection", obstacles: [] }] as never });
    expect(ask({ buckets: [bucket("currentwindow", 4000)], devices: [failing] })).toMatchObject({ verdict: "stopped", obstacles: [{ what: "window", reason: "the compositor closed the connection" }] });
  });
});

describe("the system", () => {
  it("is told by the browser", () => {
    expect(["MacIntel", "Win32", "Linux x86_64", ""].map(systemOf)).toEqual(["mac", "windows", "linux", "linux"]);
  });
});
