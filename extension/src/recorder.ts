/** Records what is seen and sends it: all that the extension does, apart from the browser that it does it in. */

import { type Current, type TabData, advance } from "./beat";
import { DEFAULT_SERVER, type Fetch, type Link, PairingFailed, pair, send, serverOf } from "./link";
import type { Connection, Names, Reason, Status } from "./message";
import { type Rules, type SeenTab, allowed, rulesOf, siteOf, withSite } from "./privacy";
import { AT_ONCE, Queue } from "./queue";
import { type Store, Turns } from "./store";

/** What the browser shows: a tab in front, or why there is none to speak of. */
export type Look = { readonly tab: SeenTab; readonly focused: boolean } | null;

export interface Surroundings {
  readonly store: Store;
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly look: () => Promise<Look>;
  readonly browser: () => Promise<string>;
  /** Called when what the badge shows may have changed. */
  readonly changed: () => void;
}

/** How the last attempt to send went. */
interface Way {
  readonly state: "waiting" | "connected" | "unreachable" | "refused";
  readonly trouble: string;
  readonly failures: number;
  readonly notBefore: number;
  readonly rejected: number;
}

const FRESH: Way = { state: "waiting", trouble: "", failures: 0, notBefore: 0, rejected: 0 };
const LONGEST_BACK_OFF = 60_000;
const RARELY = 600_000;
const LONGEST_NAME = 60;
/** Clocks are put right by less than this without anybody's setting them, in milliseconds. */
const A_LITTLE = 1_000;

export class Recorder {
  readonly #around: Surroundings;
  readonly #queue: Queue;
  readonly #turns = new Turns();
  #sending: Promise<void> | null = null;
  #again = false;

  constructor(around: Surroundings, queue = new Queue(around.store)) {
    this.#around = around;
    this.#queue = queue;
  }

  /** Look at what is shown, as of an instant; a tick also says that what was shown still is. */
  async observe(at: number, tick: boolean): Promise<void> {
    const changed = await this.#turns.take(() => this.#step(at, tick, false));
    if (changed) this.#around.changed();
    if (changed || tick) void this.flush();
  }

  /** End what was recorded before the browser was closed; nobody knows until when it was shown. */
  async begin(): Promise<void> {
    await this.#turns.take(() => this.#around.store.set({ current: null }));
  }

  async pause(until: number): Promise<void> {
    const { store, now } = this.#around;
    await this.#turns.take(async () => {
      await this.#step(now(), true, true);
      await store.set({ pausedUntil: until });
    });
    this.#around.changed();
    void this.flush();
  }

  async resume(): Promise<void> {
    await this.#turns.take(() => this.#around.store.set({ pausedUntil: null }));
    await this.observe(this.#around.now(), false);
    this.#around.changed();
  }

  async pair(server: string, code: string): Promise<string | null> {
    const { store, fetch, now } = this.#around;
    const address = serverOf(server);
    if (address === null) return "not_an_address";
    try {
      const wanted = { server: address, code, browser: await this.#around.browser(), ...(await this.names()) };
      const link = await pair(fetch, wanted);
      await this.#turns.take(() => store.set({ link, server: address, way: FRESH }));
    } catch (error) {
      if (error instanceof PairingFailed) return error.why;
      throw error;
    }
    await this.observe(now(), false);
    this.#around.changed();
    void this.flush();
    return null;
  }

  /** Forget the server, and what waited for it. */
  async unpair(): Promise<void> {
    const { store } = this.#around;
    await this.#turns.take(async () => {
      await store.set({ current: null });
      await store.remove(["link", "way"]);
      await this.#queue.clear();
    });
    this.#around.changed();
  }

  async rules(): Promise<Rules> {
    return rulesOf((await this.#around.store.get("rules"))["rules"]);
  }

  async setRules(rules: Rules): Promise<Rules> {
    const { store, now } = this.#around;
    const checked = rulesOf(rules);
    const revised = <Shown extends { readonly data: TabData }>(shown: Shown): Shown | null => {
      const data = allowed(shown.data, checked);
      return data === null ? null : { ...shown, data };
    };
    await this.#turns.take(async () => {
      // They hold for what is in front and for what waits, too; what was left out before is gone all the same.
      const current = (await store.get("current"))["current"] as Current | null | undefined;
      await store.set({ rules: checked, current: current ? revised(current) : null });
      await this.#queue.revise(revised);
    });
    await this.observe(now(), false);
    return checked;
  }

  async neverRecord(site: string): Promise<void> {
    const name = siteOf(site);
    if (name !== null) await this.setRules(withSite(await this.rules(), name, "never"));
  }

  async names(): Promise<Names> {
    const kept = (await this.#around.store.get("names"))["names"] as Partial<Names> | undefined;
    return { profile: kept?.profile ?? "", computer: kept?.computer ?? "" };
  }

  async setNames(names: Names): Promise<Names> {
    const kept = {
      profile: names.profile.trim().slice(0, LONGEST_NAME),
      computer: names.computer.trim().slice(0, LONGEST_NAME),
    };
    await this.#around.store.set({ names: kept });
    return kept;
  }

  async status(): Promise<Status> {
    const { store, now, look } = this.#around;
    const kept = await store.get(["current", "pausedUntil", "link", "way", "server"]);
    const [index, seen, rules] = await Promise.all([this.#queue.index(), look(), this.rules()]);
    const link = kept["link"] as Link | undefined;
    const way = (kept["way"] as Way | undefined) ?? FRESH;
    const current = kept["current"] as Current | null | undefined;
    const reason = this.#reason(link, kept["pausedUntil"], seen, rules);
    const connection: Connection = link === undefined ? "unpaired" : way.state;
    const paused = pausedAt(kept["pausedUntil"], now());
    return {
      recording: current && reason === null ? { data: current.data, since: current.since } : null,
      reason,
      site: seen === null || seen.tab.incognito ? null : siteOf(seen.tab.url),
      pausedUntil: paused,
      connection,
      trouble: way.trouble,
      server: link?.server ?? (kept["server"] as string | undefined) ?? DEFAULT_SERVER,
      bucket: link?.bucket ?? null,
      waiting: index.count,
      joined: index.joined,
      lost: index.lost,
      rejected: way.rejected,
    };
  }

  /** Send what waits; `urgently` also if the last attempt failed a moment ago. */
  async flush(urgently = false): Promise<void> {
    while (this.#sending !== null) {
      if (!urgently) {
        this.#again = true;
        return this.#sending;
      }
      await this.#sending;
    }
    this.#sending = this.#sendAll(urgently).finally(() => {
      this.#sending = null;
      this.#around.changed();
    });
    await this.#sending;
    if (this.#again) {
      this.#again = false;
      await this.flush();
    }
  }

  async #sendAll(urgently: boolean): Promise<void> {
    const { store, fetch, now } = this.#around;
    for (;;) {
      const kept = await store.get(["link", "way"]);
      const link = kept["link"] as Link | undefined;
      const way = (kept["way"] as Way | undefined) ?? FRESH;
      if (link === undefined) return;
      // A clock that was set back must not make us wait for days.
      if (!urgently && way.notBefore > now() && way.notBefore - now() <= RARELY) return;
      const beats = (await this.#queue.oldest()).slice(0, AT_ONCE);
      if (beats.length === 0) return;
      let done = 0;
      let next: Way = { ...way, state: "connected", trouble: "", failures: 0, notBefore: 0 };
      for (const beat of beats) {
        const outcome = await send(fetch, link, beat);
        if (outcome.kind === "rejected") {
          next = { ...next, rejected: next.rejected + 1, trouble: outcome.why };
        } else if (outcome.kind === "unpaired") {
          // It will hardly become good again, unless another server stood in for ours for a while.
          next = { ...next, state: "refused", trouble: "token", notBefore: now() + RARELY };
          break;
        } else if (outcome.kind === "later") {
          next = { ...next, ...waiting(way.failures + 1, outcome.why, outcome.seconds, now()) };
          break;
        }
        done += 1;
      }
      const sent = beats.slice(0, done);
      const still = await this.#turns.take(async () => {
        const present = (await store.get("link"))["link"] as Link | undefined;
        // Paired anew meanwhile: what was sent went elsewhere.
        if (present?.token !== link.token) return false;
        await this.#queue.acknowledge(sent);
        await store.set({ way: next });
        return true;
      });
      if (still && next.state !== "connected") return;
    }
  }

  async #step(asOf: number, tick: boolean, ending: boolean): Promise<boolean> {
    const { store, look, now } = this.#around;
    const kept = await store.get(["current", "pausedUntil", "link"]);
    const current = (kept["current"] as Current | null | undefined) ?? null;
    // A tick may have told of a change before the burst of its notices was over, or the clock was set a little back.
    const at = current !== null && asOf < current.until && current.until <= now() + A_LITTLE ? current.until : asOf;
    const seen = await look();
    const rules = await this.rules();
    const off = ending || this.#reason(kept["link"] as Link | undefined, kept["pausedUntil"], seen, rules) !== null;
    const shown = off || seen === null ? null : allowed(seen.tab, rules);
    const step = advance(current, shown, at, tick);
    if (step.current === current && step.beats.length === 0) return false;
    await this.#queue.append(step.beats, { current: step.current });
    return true;
  }

  #reason(link: Link | undefined, pausedUntil: unknown, seen: Look, rules: Rules): Reason | null {
    if (link === undefined) return "unpaired";
    if (pausedAt(pausedUntil, this.#around.now()) !== null) return "paused";
    if (seen === null) return "no-page";
    if (siteOf(seen.tab.url) === null) return "no-page";
    if (allowed(seen.tab, rules) === null) return "private";
    if (!seen.focused && !seen.tab.audible) return "unfocused";
    return null;
  }
}

/** Return until when it is paused at an instant, or null if it is not. */
export function pausedAt(until: unknown, now: number): number | null {
  return typeof until === "number" && until > now ? until : null;
}

function waiting(failures: number, why: string, seconds: number, now: number): Partial<Way> {
  const own = Math.min(LONGEST_BACK_OFF, 1_000 * 2 ** Math.min(failures - 1, 10));
  return { state: "unreachable", trouble: why, failures, notBefore: now + Math.max(own, seconds * 1_000) };
}
