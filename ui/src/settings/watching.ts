/** How the watchers of each computer are doing, from what its buckets, its program and the notices tell. */
import type { BucketShape, DeviceShape, NoticeView } from "../api/types.gen";

export type Watching = { name: string; device: DeviceShape | undefined; buckets: Seen[] };
export type Seen = { bucket: BucketShape; state: "recording" | "quiet" | "silent" | "never" };

const FRESH = 5 * 60_000;

export function watching(devices: DeviceShape[], buckets: BucketShape[], notices: NoticeView[], now: number): Watching[] {
  const silent = new Set(notices.filter((each) => each.kind === "watcher_silent" && !each.cleared_at).map((each) => each.facts["bucket"] ?? each.slot));
  const names = [...new Set([...devices.map((each) => each.name), ...buckets.map((each) => each.hostname)])];
  return names.map((name) => ({
    name,
    device: devices.find((each) => each.name === name),
    buckets: buckets.filter((each) => each.hostname === name).map((bucket) => ({ bucket, state: stateOf(bucket, silent, now) })),
  }));
}

function stateOf(bucket: BucketShape, silent: Set<unknown>, now: number): Seen["state"] {
  if (silent.has(bucket.name)) return "silent";
  if (!bucket.ended_at) return "never";
  return now - Date.parse(bucket.ended_at) < FRESH ? "recording" : "quiet";
}
