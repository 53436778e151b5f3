/** What watchers sent in a day, as lanes: one for each bucket that has something in it. */
import type { DayColumns } from "../api/types.gen";
import type { Lane } from "../charts/lane";
import type { Stretch } from "./view";

export type Source = {
  bucket: string;
  lane: Lane;
  /** What each key is called in short and in full. */
  names: string[];
  details: string[];
  /** Which keys say that nobody was there. */
  hollow: boolean[];
};

/** So many lanes are drawn; the others are told by name. */
export const MOST_LANES = 12;
const LONGEST = 500;
/** Which buckets come first, as ActivityWatch's users know them; all others follow by name. */
const ORDER = ["currentwindow", "web.tab.current", "app.editor.activity", "afkstatus"];

/** Return the lanes of a day whose first second is `begins`, and the names of those buckets for which there is no room. */
export function sourcesOf(day: DayColumns, begins: number): { sources: Source[]; others: string[] } {
  const place = (type: string): number => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length);
  const found = day.buckets
    .filter((each) => each.starts.length)
    .sort((a, b) => place(a.type) - place(b.type) || (a.bucket < b.bucket ? -1 : 1));
  const from = day.started_at / 1e6 - begins;
  return {
    sources: found.slice(0, MOST_LANES).map((each) => sourceOf(each, day.payloads, from)),
    others: found.slice(MOST_LANES).map((each) => each.bucket),
  };
}

function sourceOf({ bucket, type, starts, durations, payloads }: DayColumns["buckets"][number], known: readonly unknown[], from: number): Source {
  const count = starts.length;
  const lane: Lane = { starts: new Float64Array(count), ends: new Float64Array(count), keys: new Uint32Array(count) };
  const keys = new Map<number, number>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    at += starts[index]!;
    const begun = from + at / 1e6;
    // Where events of a bucket overlap, the later one is seen.
    if (index && lane.ends[index - 1]! > begun) lane.ends[index - 1] = begun;
    lane.starts[index] = begun;
    lane.ends[index] = begun + durations[index]! / 1e6;
    const payload = payloads[index]!;
    let key = keys.get(payload);
    if (key === undefined) keys.set(payload, (key = keys.size));
    lane.keys[index] = key;
  }
  const texts = [...keys.keys()].map((payload) => calledOf(known[payload]));
  return { bucket, lane, names: texts.map(([name]) => name), details: texts.map(([, detail]) => detail), hollow: texts.map(([name]) => type === "afkstatus" && name === "afk") };
}

/** Return what an event is called, in short and in full: the fields that watchers send, else all there is. */
export function calledOf(payload: unknown): [name: string, detail: string] {
  const fields = (typeof payload === "object" && payload !== null ? payload : {}) as Record<string, unknown>;
  const text = (name: string): string => (typeof fields[name] === "string" ? fields[name].slice(0, LONGEST).trim() : "");
  const site = siteOf(text("url"));
  const file = text("file").split(/[/\\]/).at(-1) ?? "";
  const name = text("app") || site || file || text("project") || text("status") || text("title") || text("label");
  if (!name) return [JSON.stringify(payload)?.slice(0, LONGEST) ?? "", ""];
  return [name, [text("title"), file && text("project")].filter((each) => each && each !== name).join(" · ")];
}

function siteOf(url: string): string {
  const found = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:]+)/i.exec(url);
  return found?.[1]?.replace(/^www\./, "") ?? "";
}

/** Return from when to when lanes have something in them, within a day; nothing where they are empty. */
export function reachOf(lanes: readonly Lane[], whole: Stretch): Stretch | undefined {
  const some = lanes.filter((lane) => lane.starts.length);
  if (!some.length) return undefined;
  const from = Math.max(whole.from, Math.min(...some.map((lane) => lane.starts[0]!)));
  return { from, to: Math.max(from, Math.min(whole.to, Math.max(...some.map((lane) => lane.ends.at(-1)!)))) };
}

/** Events of several lanes, the earliest first: which lane each is of, and which of it. */
export type Listed = { lanes: Uint8Array; places: Uint32Array };

/** Return the events of all lanes in the order in which they began. */
export function listedOf(sources: readonly Source[]): Listed {
  const count = sources.reduce((sum, each) => sum + each.lane.starts.length, 0);
  const [lanes, places] = [new Uint8Array(count), new Uint32Array(count)];
  const at = sources.map(() => 0);
  for (let index = 0; index < count; index++) {
    let next = -1;
    for (let lane = 0; lane < sources.length; lane++) {
      const begun = sources[lane]!.lane.starts[at[lane]!];
      if (begun !== undefined && (next < 0 || begun < sources[next]!.lane.starts[at[next]!]!)) next = lane;
    }
    lanes[index] = next;
    places[index] = at[next]!++;
  }
  return { lanes, places };
}
