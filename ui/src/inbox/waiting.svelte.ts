/** What waits for a decision: read by the page; the rail has it counted by the server, by the same rules. */
import { listExportsMade, listGoals, listNotices, showReport } from "../api/sdk.gen";
import type { GoalWithProgress, HourloomReportsRoutesExportsExportView as MadeExport, NoticeView } from "../api/types.gen";
import { data, Loaded } from "../lib/loaded.svelte";
import { decided } from "../live/stale";
import { lastDays, unassigned, type Seen } from "./seen";
import { waiting } from "./told";

const MOST = 10;
const MOST_ROWS = 40;

export class Waiting {
  /** Notices, goals and exports answer for themselves: one that cannot be read hides no other. */
  notices = new Loaded<NoticeView[]>(
    async (signal) => waiting((await data(listNotices({ query: { limit: 100 }, signal }))).notices),
    ({ kind }) => kind.startsWith("Notice"),
  );
  seen = new Loaded<Seen[]>(unknown, decided);
  goals = new Loaded<GoalWithProgress[]>(
    async (signal) => (await data(listGoals({ signal }))).goals.filter((each) => each.progress.state === "about_to_be_missed"),
    ({ kind }) => kind.startsWith("Goal") || kind.startsWith("NoticeRaised"),
  );
  exports = new Loaded<MadeExport[]>(
    async (signal) => (await data(listExportsMade({ query: { limit: 50 }, signal }))).exports.filter((each) => each.state === "failed"),
    ({ kind }) => /^(Export|JobFinished)/.test(kind),
  );

  /** Goals of which no notice tells already. */
  get untold(): GoalWithProgress[] {
    const told = new Set((this.notices.value ?? []).filter(({ kind }) => kind.startsWith("goal_")).map(({ facts }) => facts["goal"]));
    return (this.goals.value ?? []).filter(({ goal }) => !told.has(goal.name) && !told.has(goal.id));
  }

  get count(): number {
    return (this.notices.value?.length ?? 0) + (this.seen.value?.length ?? 0) + (this.exports.value?.length ?? 0) + this.untold.length;
  }

  get known(): boolean {
    return [this.notices, this.seen, this.goals, this.exports].every((each) => each.value !== undefined || each.error !== undefined);
  }
}

async function unknown(signal: AbortSignal): Promise<Seen[]> {
  const query = { range: lastDays(new Date()), unassigned: "true", limit: MOST_ROWS };
  const [apps, sites] = await Promise.all((["app", "domain"] as const).map((by) => data(showReport({ query: { ...query, by }, signal }))));
  return unassigned(apps!.rows, sites!.rows, MOST);
}
