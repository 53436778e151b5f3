/**
 * The beats that wait for the server, in the store, in order.
 *
 * They lie in segments, so that a tab that changes while thousands wait rewrites a hundred of them and not all.
 */

import { type Beat, equal, merged } from "./beat";
import type { Store, Stored } from "./store";

export const MOST_BEATS = 5_000;
export const MOST_CHARACTERS = 1_500_000;
export const PER_SEGMENT = 100;
/** Beats that are sent before the store is told. */
export const AT_ONCE = 20;
/** A full queue is brought down to this share, so that it is not full again at once. */
const ROOM = 0.9;
const INDEX = "queue";

export interface Index {
  readonly head: number;
  readonly tail: number;
  readonly count: number;
  readonly characters: number;
  /** Beats that were joined with others of their site because the queue was full. */
  readonly joined: number;
  /** Beats that were given up because the queue was full. */
  readonly lost: number;
}

export const EMPTY: Index = { head: 0, tail: 0, count: 0, characters: 0, joined: 0, lost: 0 };

/** The queue; its methods are called one after another, in turns. */
export class Queue {
  readonly #store: Store;
  readonly #most: number;

  constructor(store: Store, most = MOST_BEATS) {
    this.#store = store;
    this.#most = most;
  }

  async index(): Promise<Index> {
    return ((await this.#store.get(INDEX))[INDEX] as Index | undefined) ?? EMPTY;
  }

  /** Return the oldest beats, up to a segment of them. */
  async oldest(): Promise<readonly Beat[]> {
    return this.#segment((await this.index()).head);
  }

  /** Append beats, and whatever else is to be stored in the same write. */
  async append(beats: readonly Beat[], besides: Stored = {}): Promise<void> {
    let index = await this.index();
    const written: Record<string, Beat[]> = {};
    let segment = [...(await this.#segment(index.tail))];
    for (const beat of beats) {
      const last = segment.at(-1);
      const joined = last === undefined ? null : merged(last, beat);
      if (joined !== null) {
        segment[segment.length - 1] = joined;
      } else {
        if (segment.length >= PER_SEGMENT) {
          written[key(index.tail)] = segment;
          segment = [];
          index = { ...index, tail: index.tail + 1 };
        }
        segment.push(beat);
        index = { ...index, count: index.count + 1, characters: index.characters + sizeOf(beat) };
      }
    }
    if (beats.length > 0) written[key(index.tail)] = segment;
    await this.#store.set({ ...besides, ...written, [INDEX]: index });
    if (index.count > this.#most || index.characters > MOST_CHARACTERS) await this.#makeRoom(index);
  }

  /** Forget the oldest beats that were sent; one that has grown meanwhile stays and is sent again. */
  async acknowledge(sent: readonly Beat[]): Promise<void> {
    const index = await this.index();
    const segment = await this.#segment(index.head);
    let gone = 0;
    while (gone < sent.length && gone < segment.length && isSame(sent[gone], segment[gone])) gone += 1;
    const left = segment.slice(gone);
    const freed = segment.slice(0, gone).reduce((sum, beat) => sum + sizeOf(beat), 0);
    const counted = { ...index, count: index.count - gone, characters: index.characters - freed };
    if (left.length > 0 || index.head === index.tail) {
      await this.#store.set({ [key(index.head)]: left, [INDEX]: counted });
      return;
    }
    await this.#store.set({ [INDEX]: { ...counted, head: index.head + 1 } });
    await this.#store.remove(key(index.head));
  }

  async clear(): Promise<void> {
    const { head, tail } = await this.index();
    // Numbers go on, so that nothing left over is ever taken for new.
    await this.#store.set({ [INDEX]: { ...EMPTY, head: tail + 1, tail: tail + 1 } });
    await this.#store.remove(segments(head, tail));
  }

  /** Put other beats in the place of those that wait: what a function makes of each, null for nothing. */
  async revise(revised: (beat: Beat) => Beat | null): Promise<void> {
    const index = await this.index();
    const kept = (await this.#all(index)).flatMap((beat) => revised(beat) ?? []);
    await this.#rewrite(index, kept, 0, 0);
  }

  async #makeRoom(index: Index): Promise<void> {
    const all = await this.#all(index);
    // The server may have the first ones already: under another name they would count twice.
    const sending = all.slice(0, AT_ONCE);
    const most = Math.max(1, Math.floor(this.#most * ROOM) - sending.length);
    const characters = MOST_CHARACTERS * ROOM - sending.reduce((sum, beat) => sum + sizeOf(beat), 0);
    const { beats, joined, lost } = shortened(all.slice(AT_ONCE), most, characters);
    await this.#rewrite(index, [...sending, ...beats], joined, lost);
  }

  async #all(index: Index): Promise<Beat[]> {
    const all: Beat[] = [];
    for (let number = index.head; number <= index.tail; number += 1) {
      all.push(...(await this.#segment(number)));
    }
    return all;
  }

  async #rewrite(index: Index, beats: readonly Beat[], joined: number, lost: number): Promise<void> {
    const written: Stored = {};
    const head = index.tail + 1;
    for (let at = 0; at < beats.length; at += PER_SEGMENT) {
      written[key(head + at / PER_SEGMENT)] = beats.slice(at, at + PER_SEGMENT);
    }
    const counted: Index = {
      head,
      tail: head + Math.max(0, Math.ceil(beats.length / PER_SEGMENT) - 1),
      count: beats.length,
      characters: beats.reduce((sum, beat) => sum + sizeOf(beat), 0),
      joined: index.joined + joined,
      lost: index.lost + lost,
    };
    await this.#store.set({ ...written, [INDEX]: counted });
    await this.#store.remove(segments(index.head, index.tail));
  }

  async #segment(number: number): Promise<readonly Beat[]> {
    return ((await this.#store.get(key(number)))[key(number)] as Beat[] | undefined) ?? [];
  }
}

/**
 * Bring beats down to a number and a size: neighbours of one site become one, named by the longer of them;
 * if that is not enough, the shortest are given up. No time is invented, and the ends stay where they are.
 */
export function shortened(
  all: readonly Beat[],
  most: number,
  characters: number,
): { beats: Beat[]; joined: number; lost: number } {
  const beats: Beat[] = [];
  const longest: number[] = [];
  for (const beat of all) {
    const last = beats.at(-1);
    if (last !== undefined && last.at + last.lasts === beat.at && haveSameSite(last, beat)) {
      const wins = beat.lasts > (longest.at(-1) ?? 0);
      const data = wins ? beat.data : last.data;
      beats[beats.length - 1] = { at: last.at, lasts: last.lasts + beat.lasts, data };
      longest[longest.length - 1] = Math.max(longest.at(-1) ?? 0, beat.lasts);
    } else {
      beats.push(beat);
      longest.push(beat.lasts);
    }
  }
  const joined = all.length - beats.length;
  let size = beats.reduce((sum, beat) => sum + sizeOf(beat), 0);
  let count = beats.length;
  const given = new Set<number>();
  // The newest stays: it may go on.
  const shortestFirst = beats.map((_, n) => n).slice(0, -1);
  shortestFirst.sort((a, b) => (beats[a]?.lasts ?? 0) - (beats[b]?.lasts ?? 0));
  for (const number of shortestFirst) {
    if (count <= most && size <= characters) break;
    const beat = beats[number];
    if (beat === undefined) continue;
    given.add(number);
    count -= 1;
    size -= sizeOf(beat);
  }
  return { beats: beats.filter((_, n) => !given.has(n)), joined, lost: given.size };
}

function haveSameSite(one: Beat, other: Beat): boolean {
  return siteIn(one.data.url) === siteIn(other.data.url) && one.data.incognito === other.data.incognito;
}

function siteIn(url: string): string {
  return url.split("/", 3).join("/");
}

function sizeOf(beat: Beat): number {
  return beat.data.url.length + beat.data.title.length + 120;
}

function isSame(one: Beat | undefined, other: Beat | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.at === other.at && one.lasts === other.lasts && equal(one.data, other.data);
}

function segments(head: number, tail: number): string[] {
  return Array.from({ length: tail - head + 1 }, (_, n) => key(head + n));
}

function key(segment: number): string {
  return `${INDEX}.${segment}`;
}
