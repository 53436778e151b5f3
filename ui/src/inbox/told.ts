/** What can be done about each kind of notice, in one step. */
import type { NoticeView } from "../api/types.gen";
import type { Key } from "./words";

export type Action = { go: string; label: Key } | { back_up: true; label: Key } | { type: string };

const ACTIONS: Record<string, (notice: NoticeView) => Action> = {
  backup_missing: () => ({ back_up: true, label: "inbox.back-up" }),
  backup_stale: () => ({ back_up: true, label: "inbox.back-up" }),
  backup_failed: () => ({ back_up: true, label: "inbox.back-up" }),
  watcher_silent: () => ({ go: "/setup", label: "inbox.see.watchers" }),
  job_failed: () => ({ go: "/settings/advanced", label: "inbox.see.logs" }),
  disk_low: () => ({ go: "/settings/data", label: "inbox.see.data" }),
  database_damaged: () => ({ type: "hourloom doctor" }),
  clock_jumped: ({ raised_at }) => ({ go: `/timeline/${raised_at.slice(0, 10)}`, label: "inbox.see.timeline" }),
  recovery_code_pending: () => ({ type: "hourloom keys acknowledge" }),
  server_crashed: () => ({ type: "hourloom doctor" }),
  goal_reached: () => ({ go: "/goals", label: "inbox.see.goals" }),
  goal_about_to_be_missed: () => ({ go: "/goals", label: "inbox.see.goals" }),
  goal_missed: () => ({ go: "/goals", label: "inbox.see.goals" }),
};

/** Return what to do about a notice; of a kind that only a newer server knows, nothing. */
export function actionOf(notice: NoticeView): Action | undefined {
  return Object.hasOwn(ACTIONS, notice.kind) ? ACTIONS[notice.kind]!(notice) : undefined;
}

/** Return the notices that wait for somebody: unread ones, alarms first, each group from the newest on. */
export function waiting(notices: NoticeView[]): NoticeView[] {
  const order = (notice: NoticeView) => (notice.severity === "alarm" ? 0 : 1);
  return notices.filter((each) => !each.read_at && !each.cleared_at).sort((a, b) => order(a) - order(b) || b.id - a.id);
}
