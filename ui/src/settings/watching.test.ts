import { expect, it } from "vitest";
import type { BucketShape, DeviceShape, NoticeView } from "../api/types.gen";
import { watching } from "./watching";

const bucket = (name: string, hostname: string, ended_at: string | null) => ({ name, hostname, ended_at }) as BucketShape;

it("tells for each computer which watchers record, rest, are silent or never reported", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  const buckets = [bucket("window", "heron", "2026-11-20T11:59:00Z"), bucket("away", "heron", "2026-11-20T09:00:00Z"), bucket("web", "heron", "2026-11-19T09:00:00Z"), bucket("phone", "otter", null)];
  const notices = [{ kind: "watcher_silent", slot: "7", facts: { bucket: "web" }, cleared_at: null } as unknown as NoticeView];
  const found = watching([{ id: 1, name: "heron" } as DeviceShape], buckets, notices, now);
  expect(found.map(({ name, device, buckets }) => [name, device?.id, buckets.map(({ state }) => state)])).toEqual([
    ["heron", 1, ["recording", "quiet", "silent"]],
    ["otter", undefined, ["never"]],
  ]);
});
