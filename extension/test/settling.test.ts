import { beforeEach, expect, test } from "vitest";
import { LONGEST, QUIET, Settling } from "../src/settling";

let now = 0;
let timers: { at: number; work: () => void; number: number }[] = [];
let ready = true;
let ran: number[] = [];

const clock = {
  set: (work: () => void, wait: number): number => {
    timers.push({ at: now + wait, work, number: timers.length + now * 100 });
    return timers.at(-1)?.number ?? 0;
  },
  clear: (number: number): void => {
    timers = timers.filter((timer) => timer.number !== number);
  },
};

async function pass(milliseconds: number): Promise<void> {
  const ends = now + milliseconds;
  for (;;) {
    const next = timers.filter(({ at }) => at <= ends).sort((a, b) => a.at - b.at)[0];
    if (next === undefined) break;
    now = next.at;
    timers = timers.filter((timer) => timer !== next);
    next.work();
    await new Promise((done) => setTimeout(done));
  }
  now = ends;
}

const settling = (): Settling => new Settling((since) => ran.push(since), async () => ready, clock);

beforeEach(() => {
  [now, timers, ready, ran] = [1_000, [], true, []];
});

test("notices of one navigation are one, as of the change of view", async () => {
  const burst = settling();
  burst.note(now, false);
  await pass(20);
  burst.note(now, true);
  await pass(100);
  burst.note(now, false);
  await pass(QUIET - 1);
  expect(ran).toEqual([]);
  await pass(1);
  expect(ran).toEqual([1_020]);
});

test("a page that never stops is looked at all the same", async () => {
  const burst = settling();
  for (let n = 0; n < 100; n += 1) {
    burst.note(now, false);
    await pass(50);
  }
  expect(ran.length).toBeGreaterThanOrEqual(3);
  expect(ran.length).toBeLessThanOrEqual(1 + 5_000 / LONGEST + 1);
});

test("a page that loads is waited for, but not for ever", async () => {
  const burst = settling();
  ready = false;
  burst.note(now, true);
  await pass(QUIET * 2 + 10);
  expect(ran).toEqual([]);
  ready = true;
  await pass(QUIET);
  expect(ran).toEqual([1_000]);
  ready = false;
  burst.note(now, true);
  await pass(LONGEST + 1);
  expect(ran.length).toBe(2);
});
