import { beforeEach, expect, test } from "vitest";
import type { Beat } from "../src/beat";
import { type Look, Recorder } from "../src/recorder";
import { Memory } from "./memory";

let store: Memory;
let now: number;
let shown: Look;
let server: "well" | "down" | "stranger";
let stored: Beat[];
let recorder: Recorder;

async function fetch(url: string, options: RequestInit): Promise<Response> {
  if (server === "down") throw new TypeError("refused");
  if (url.endsWith("/info")) return Response.json({ hostname: "here" });
  if (url.endsWith("/pairing")) return Response.json({ secret: "s" });
  if (server === "stranger") return Response.json({ code: "token_refused" }, { status: 401 });
  const { timestamp, duration, data } = JSON.parse(String(options.body));
  stored.push({ at: Date.parse(timestamp), lasts: duration * 1_000, data });
  return Response.json({ id: stored.length, timestamp });
}

function awake(): Recorder {
  const around = { store, fetch, now: () => now, look: async () => shown, browser: async () => "firefox", changed: () => undefined };
  return new Recorder(around);
}

function page(path: string, more: object = {}): Look {
  const tab = { url: `http://a.test/${path}`, title: path, audible: false, incognito: false, tabCount: 1, ...more };
  return { tab, focused: true };
}

async function visit(look: Look, milliseconds: number): Promise<void> {
  shown = look;
  await recorder.observe(now, false);
  await recorder.flush();
  now += milliseconds;
}

/** What the server makes of it: the end of each page, in order. */
function titles(): string[] {
  return stored.map(({ data }) => data.title).filter((title, n, all) => title !== all[n - 1]);
}

beforeEach(async () => {
  store = new Memory();
  [now, shown, server, stored] = [1_000_000, page("first"), "well", []];
  recorder = awake();
  expect(await recorder.pair("127.0.0.1:5600", "ABCDEFGH")).toBeNull();
  await recorder.flush();
});

test("nothing is recorded before it is paired, and nothing kept", async () => {
  store = new Memory();
  recorder = awake();
  await visit(page("a"), 5_000);
  await recorder.observe(now, true);
  expect(Object.keys(store.kept)).toEqual([]);
  expect((await recorder.status()).reason).toBe("unpaired");
});

test("what is visited while the server is down arrives later, in order and whole", async () => {
  now += 1_000;
  server = "down";
  for (let n = 0; n < 50; n += 1) {
    // Each time the browser has put the worker to sleep.
    recorder = awake();
    await visit(page(`p${n}`), 2_000);
  }
  const { connection, waiting } = await recorder.status();
  expect([connection, waiting]).toEqual(["unreachable", 51]);
  server = "well";
  await recorder.flush(true);
  expect(titles()).toEqual(["first", ...Array.from({ length: 50 }, (_, n) => `p${n}`)]);
  expect(stored.reduce((sum, beat) => sum + beat.lasts, 0)).toBe(1_000 + 49 * 2_000);
  expect(await recorder.status()).toMatchObject({ connection: "connected", waiting: 0, lost: 0 });
});

test("a server that is down is asked ever less often", async () => {
  server = "down";
  let asked = 0;
  const counting = async (): Promise<Response> => {
    asked += 1;
    throw new TypeError("refused");
  };
  const around = { store, fetch: counting, now: () => now, look: async () => shown, browser: async () => "x", changed: () => undefined };
  const patient = new Recorder(around);
  for (let n = 0; n < 600; n += 1) {
    now += 1_000;
    shown = page(`p${n % 2}`);
    await patient.observe(now, false);
    await patient.flush();
  }
  expect(asked).toBeGreaterThan(8);
  expect(asked).toBeLessThan(20);
});

test("a token that is refused asks to be paired again and loses nothing", async () => {
  server = "stranger";
  await visit(page("a"), 1_000);
  await visit(page("b"), 1_000);
  expect(await recorder.status()).toMatchObject({ connection: "refused" });
  server = "well";
  expect(await recorder.pair("127.0.0.1:5600", "ABCDEFGH")).toBeNull();
  await recorder.flush(true);
  expect(titles()).toEqual(["first", "a", "b"]);
});

test("pausing ends what is recorded there and then, and it resumes by itself", async () => {
  now += 4_000;
  await recorder.pause(now + 900_000);
  await recorder.flush();
  expect(stored.at(-1)).toMatchObject({ at: 1_000_000, lasts: 4_000 });
  now += 10_000;
  await visit(page("unseen"), 10_000);
  expect(await recorder.status()).toMatchObject({ reason: "paused", recording: null });
  now += 900_000;
  await visit(page("seen"), 1_000);
  expect(titles()).toEqual(["first", "seen"]);
  await recorder.pause(now + 900_000);
  await recorder.resume();
  expect(await recorder.status()).toMatchObject({ reason: null, pausedUntil: null });
});

test("a site that is never to be recorded is not even stored", async () => {
  await recorder.neverRecord("http://a.test/x");
  now += 1_000;
  await visit(page("secret"), 5_000);
  await recorder.observe(now, true);
  expect(titles()).toEqual(["first"]);
  expect(JSON.stringify(store.kept)).not.toContain("secret");
  expect(await recorder.status()).toMatchObject({ reason: "private" });
});

test("a new rule holds for what waits, too", async () => {
  server = "down";
  now += 1_000;
  await visit(page("other", { url: "http://b.test/other" }), 1_000);
  for (let n = 0; n < 150; n += 1) await visit(page(`secret${n}`), 1_000);
  await recorder.neverRecord("a.test");
  expect(JSON.stringify(store.kept)).not.toContain("secret");
  server = "well";
  now += 600_000;
  await recorder.flush(true);
  expect(titles()).toEqual(["first", "other"]);
  expect(await recorder.status()).toMatchObject({ waiting: 0, lost: 0 });
});

test("behind another window only what sounds goes on", async () => {
  now += 1_000;
  await visit({ ...page("music", { audible: true }), focused: false } as Look, 3_000);
  await visit({ ...page("quiet"), focused: false } as Look, 3_000);
  await visit(page("back"), 1_000);
  expect(titles()).toEqual(["first", "music", "back"]);
});

test("long views are covered by ticks alone", async () => {
  for (let n = 0; n < 100; n += 1) {
    now += 30_000;
    recorder = awake();
    await recorder.observe(now, true);
    await recorder.flush();
  }
  expect(stored.reduce((sum, beat) => sum + beat.lasts, 0)).toBe(3_000_000);
});

test("what a tick saw first is not told twice", async () => {
  const began = now + 100;
  now += 300;
  shown = page("next");
  await recorder.observe(now, true);
  await recorder.observe(began, false);
  await recorder.flush();
  expect(stored.filter(({ data }) => data.title === "next")).toHaveLength(1);
});

test("one that waits for a server is forgotten with it", async () => {
  server = "down";
  await visit(page("a"), 1_000);
  await recorder.unpair();
  expect(await recorder.status()).toMatchObject({ connection: "unpaired", waiting: 0 });
  expect(JSON.stringify(store.kept)).not.toContain("a.test");
});

test("a clock set back by less than a second counts no time twice", async () => {
  await visit(page("a"), 10_000);
  await recorder.observe(now, true);
  now -= 700;
  await visit(page("b"), 5_000);
  await visit(page("c"), 0);
  await recorder.flush();
  const held = stored.filter(({ lasts }) => lasts > 0).sort((one, other) => one.at - other.at);
  expect(held.every((beat, n) => n === 0 || (held[n - 1]?.at ?? 0) + (held[n - 1]?.lasts ?? 0) <= beat.at)).toBe(true);
  expect(held.reduce((sum, { lasts }) => sum + lasts, 0)).toBe(14_300);
});
