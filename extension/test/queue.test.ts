import { describe, expect, test } from "vitest";
import type { Beat } from "../src/beat";
import { AT_ONCE, PER_SEGMENT, Queue, shortened } from "../src/queue";
import { Memory } from "./memory";

function beat(n: number, more: Partial<Beat> = {}, site = `site${n}.test`): Beat {
  const data = { url: `http://${site}/${n}`, title: `${n}`, audible: false, incognito: false, tabCount: 1 };
  return { at: n * 1_000, lasts: 500, data, ...more };
}

async function drained(queue: Queue): Promise<Beat[]> {
  const all: Beat[] = [];
  for (;;) {
    const some = await queue.oldest();
    if (some.length === 0) return all;
    all.push(...some);
    await queue.acknowledge(some);
  }
}

describe("the queue", () => {
  test("keeps the order over many segments, and outlives whoever wrote it", async () => {
    const store = new Memory();
    const beats = Array.from({ length: 3 * PER_SEGMENT + 7 }, (_, n) => beat(n));
    for (const each of beats) await new Queue(store).append([each]);
    expect((await new Queue(store).index()).count).toBe(beats.length);
    expect(await drained(new Queue(store))).toEqual(beats);
    expect((await new Queue(store).index()).count).toBe(0);
    expect(Object.keys(store.kept).filter((key) => key.startsWith("queue.")).length).toBe(1);
  });

  test("joins what goes on", async () => {
    const queue = new Queue(new Memory());
    const first = beat(0);
    await queue.append([first]);
    await queue.append([{ ...first, at: 500, lasts: 250 }]);
    expect(await queue.oldest()).toEqual([{ ...first, lasts: 750 }]);
    expect((await queue.index()).count).toBe(1);
  });

  test("what grew while it was sent stays", async () => {
    const queue = new Queue(new Memory());
    await queue.append([beat(0), beat(1)]);
    const sent = await queue.oldest();
    await queue.append([{ ...beat(1), at: 1_500, lasts: 100 }, beat(2)]);
    await queue.acknowledge(sent);
    expect(await queue.oldest()).toEqual([beat(1, { lasts: 600 }), beat(2)]);
  });

  test("what is being sent while the queue runs full is not sent again under another name", async () => {
    const queue = new Queue(new Memory(), 100);
    const beats = Array.from({ length: 101 }, (_, n) => beat(n, { lasts: 1_000 }, "one.test"));
    await queue.append(beats.slice(0, 100));
    const sent = (await queue.oldest()).slice(0, AT_ONCE);
    await queue.append(beats.slice(100));
    expect((await queue.index()).joined).toBeGreaterThan(0);
    await queue.acknowledge(sent);
    const left = await drained(queue);
    expect(left[0]?.at).toBe(AT_ONCE * 1_000);
    expect(left.reduce((sum, { lasts }) => sum + lasts, 0)).toBe((101 - AT_ONCE) * 1_000);
  });

  test("acknowledging twice takes nothing more", async () => {
    const queue = new Queue(new Memory());
    await queue.append([beat(0), beat(1)]);
    const [first] = await queue.oldest();
    await queue.acknowledge([first as Beat]);
    await queue.acknowledge([first as Beat]);
    expect(await queue.oldest()).toEqual([beat(1)]);
  });

  test("a change writes one segment, however many wait", async () => {
    const store = new Memory();
    const queue = new Queue(store);
    await queue.append(Array.from({ length: 2_000 }, (_, n) => beat(n)));
    const before = store.written;
    await queue.append([beat(3_000)]);
    expect(store.written - before).toBeLessThan(200 * PER_SEGMENT * 1.2);
  });

  test("is bounded, keeps both ends, and says what it did", async () => {
    const queue = new Queue(new Memory(), 300);
    for (let n = 0; n < 1_000; n += 1) await queue.append([beat(n, { lasts: 1 + (n % 7) })]);
    const index = await queue.index();
    expect(index.count).toBeLessThanOrEqual(300);
    expect(index.count + index.lost + index.joined).toBe(1_000);
    const left = await drained(queue);
    expect(left.at(-1)).toEqual(beat(999, { lasts: 1 + (999 % 7) }));
    expect([...left].sort((a, b) => a.at - b.at)).toEqual(left);
    expect((await queue.index()).count).toBe(0);
  });

  test("forgets everything when told to, and goes on", async () => {
    const queue = new Queue(new Memory());
    await queue.append([beat(0)]);
    await queue.clear();
    expect(await queue.oldest()).toEqual([]);
    await queue.append([beat(1)]);
    expect(await queue.oldest()).toEqual([beat(1)]);
  });
});

describe("a queue that is too long", () => {
  test("joins neighbours of one site first and loses no time by it", () => {
    const all = Array.from({ length: 100 }, (_, n) => beat(n, { lasts: 1_000 }, n < 50 ? "a.test" : "b.test"));
    const { beats, joined, lost } = shortened(all, 10, 1e9);
    expect(beats.map(({ at, lasts }) => [at, lasts])).toEqual([
      [0, 50_000],
      [50_000, 50_000],
    ]);
    expect([joined, lost]).toEqual([98, 0]);
  });

  test("does not join over a gap, nor private with other", () => {
    const first = beat(0, { lasts: 1_000 }, "a.test");
    const secret = beat(1, {}, "a.test");
    const all = [first, { ...secret, data: { ...secret.data, incognito: true } }, beat(5, {}, "a.test")];
    expect(shortened(all, 10, 1e9).beats.length).toBe(3);
  });

  test("then gives up the shortest", () => {
    const all = [9, 1, 8, 2, 7, 0].map((lasts, n) => beat(n, { lasts }));
    const { beats, lost } = shortened(all, 4, 1e9);
    expect(beats.map(({ lasts }) => lasts)).toEqual([9, 8, 7, 0]);
    expect(lost).toBe(2);
  });
});
