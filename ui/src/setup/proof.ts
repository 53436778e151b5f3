/** Whether recording works right now, or what exactly stands in its way: decided from what is known of watchers. */
import type { BucketShape, DeviceShape, NoticeView } from "../api/types.gen";

/** A watcher confirms what goes on at least every 15 seconds. */
export const LIVE_FOR = 2 * 60_000;
/** What was not heard for so long has been given up, or came from an import. */
const IN_USE = 14 * 86_400_000;
/** Clocks of two computers differ by some seconds; by more than this, what is recorded is told of another time. */
const OFF_BY = 2 * 60_000;

export type Proof =
  | { verdict: "recording"; window: BucketShape }
  | { verdict: "away"; window: BucketShape | undefined; away: BucketShape }
  | { verdict: "paused"; device: string; until: string }
  | { verdict: "clock"; device: string; ahead: number }
  | { verdict: "blind"; heard: BucketShape[]; obstacles: Step[] }
  | { verdict: "silent"; window: BucketShape; obstacles: Step[] }
  | { verdict: "stopped"; last: BucketShape; queued: string | undefined; obstacles: Step[] }
  | { verdict: "none"; obstacles: Step[] };
export type Step = { what: string; reason: string; next: string };
export type Known = { buckets: BucketShape[]; devices: DeviceShape[]; notices: NoticeView[]; isAway: boolean; now: number };

export function proof({ buckets, devices, notices, isAway, now }: Known): Proof {
  const age = (bucket: BucketShape) => (bucket.ended_at ? now - Date.parse(bucket.ended_at) : Infinity);
  const byAge = [...buckets].sort((a, b) => age(a) - age(b));
  const off = clockOf(devices, byAge, now);
  if (off) return { verdict: "clock", ...off };
  const live = byAge.filter((each) => age(each) < LIVE_FOR);
  const window = live.find((each) => each.type === "currentwindow");
  const away = live.find((each) => each.type === "afkstatus");
  if (away && isAway) return { verdict: "away", window, away };
  if (window) return { verdict: "recording", window };

  const paused = devices.find(({ health }) => health?.paused_until && Date.parse(health.paused_until) > now);
  if (paused) return { verdict: "paused", device: paused.name, until: paused.health!.paused_until! };
  const obstacles = devices.flatMap(stepsOf);
  const silent = new Set(notices.filter((each) => each.kind === "watcher_silent" && !each.cleared_at).map((each) => each.facts["bucket"] ?? each.slot));
  const fell = byAge.find((each) => each.type === "currentwindow" && silent.has(each.name));
  if (live.length && fell) return { verdict: "silent", window: fell, obstacles };
  if (live.length) return { verdict: "blind", heard: live, obstacles };
  const last = byAge.find((each) => age(each) < IN_USE);
  if (last) return { verdict: "stopped", last, queued: devices.find(({ health }) => health?.queue?.trouble)?.health?.queue?.trouble ?? undefined, obstacles };
  return { verdict: "none", obstacles };
}

/** Whose clock is wrong, and by how many milliseconds it is ahead: told by its reports, or by what has not been yet. */
function clockOf(devices: DeviceShape[], byAge: BucketShape[], now: number): { device: string; ahead: number } | undefined {
  for (const { name, health, reported_at } of devices) {
    if (!health || !reported_at || now - Date.parse(reported_at) > LIVE_FOR) continue;
    const ahead = Date.parse(health.at) - Date.parse(reported_at);
    if (Math.abs(ahead) > OFF_BY) return { device: name, ahead };
  }
  const [first] = byAge;
  const ahead = first?.ended_at ? Date.parse(first.ended_at) - now : 0;
  return first && ahead > OFF_BY ? { device: first.hostname, ahead } : undefined;
}

/** What the program on a device says stands in its way, each once. */
function stepsOf({ health }: DeviceShape): Step[] {
  const found = (health?.watchers ?? []).flatMap((each) => [
    ...(each.error ? [{ what: each.watcher, reason: each.error, next: "" }] : []),
    ...(each.mechanism ? [] : each.obstacles.map(({ mechanism, reason, next_step }) => ({ what: `${each.watcher}: ${mechanism}`, reason, next: next_step ?? "" }))),
  ]);
  return found.slice(0, 12);
}

export type System = "linux" | "mac" | "windows";
export const SYSTEMS: System[] = ["linux", "mac", "windows"];

export function systemOf(platform: string): System {
  if (/mac|iphone|ipad/i.test(platform)) return "mac";
  return /win/i.test(platform) ? "windows" : "linux";
}
