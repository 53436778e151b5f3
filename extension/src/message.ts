/**
 * What the parts of the extension say to each other.
 *
 * Every message has a version and a kind; a kind is one line in `Messages` and one handler. What is to come (sweeping
 * and blocking tabs for a focus session) registers further kinds here and changes nothing else.
 */

import type { TabData } from "./beat";
import type { Rules } from "./privacy";

export const VERSION = 1;

/** Why nothing is recorded now. */
export type Reason = "unpaired" | "paused" | "private" | "unfocused" | "no-page";

export type Connection = "unpaired" | "waiting" | "connected" | "unreachable" | "refused";

export interface Status {
  readonly recording: { readonly data: TabData; readonly since: number } | null;
  readonly reason: Reason | null;
  /** The site of the tab in front, if it is one. */
  readonly site: string | null;
  readonly pausedUntil: number | null;
  readonly connection: Connection;
  /** A word about what is wrong with the connection. */
  readonly trouble: string;
  readonly server: string;
  readonly bucket: string | null;
  readonly waiting: number;
  readonly joined: number;
  readonly lost: number;
  readonly rejected: number;
}

export interface Names {
  readonly profile: string;
  readonly computer: string;
}

/** Each kind of message: what is asked, and what is answered. */
export interface Messages {
  status: { ask: Record<never, never>; answer: Status };
  pair: { ask: { server: string; code: string }; answer: { error: string | null } };
  unpair: { ask: Record<never, never>; answer: Record<never, never> };
  pause: { ask: { until: number }; answer: Status };
  resume: { ask: Record<never, never>; answer: Status };
  retry: { ask: Record<never, never>; answer: Status };
  "never-record": { ask: { site: string }; answer: Status };
  rules: { ask: Record<never, never>; answer: Rules };
  "set-rules": { ask: { rules: Rules }; answer: Rules };
  names: { ask: Record<never, never>; answer: Names };
  "set-names": { ask: Names; answer: Names };
}

export type Kind = keyof Messages;
export type Ask<K extends Kind> = Messages[K]["ask"];
export type Answer<K extends Kind> = Messages[K]["answer"];

export interface Message<K extends Kind = Kind> {
  readonly version: typeof VERSION;
  readonly kind: K;
  readonly ask: Ask<K>;
}

export type Reply<K extends Kind> =
  | { readonly version: typeof VERSION; readonly answer: Answer<K> }
  | { readonly version: typeof VERSION; readonly error: "other_version" | "unknown_kind" | "failed" };

type Handler<K extends Kind> = (ask: Ask<K>) => Promise<Answer<K>>;

/** Which handler answers which kind. */
export class Handlers {
  readonly #handlers = new Map<string, (ask: never) => Promise<unknown>>();

  on<K extends Kind>(kind: K, handler: Handler<K>): this {
    if (this.#handlers.has(kind)) throw new Error(`two handlers for ${kind}`);
    this.#handlers.set(kind, handler);
    return this;
  }

  async answer(message: unknown): Promise<Reply<Kind>> {
    const { version, kind, ask } = (message ?? {}) as Partial<Message>;
    if (version !== VERSION) return { version: VERSION, error: "other_version" };
    const handler = this.#handlers.get(String(kind));
    if (handler === undefined) return { version: VERSION, error: "unknown_kind" };
    try {
      return { version: VERSION, answer: (await handler(ask as never)) as Answer<Kind> };
    } catch {
      return { version: VERSION, error: "failed" };
    }
  }
}

/** Ask the background, from a page of the extension. */
export async function ask<K extends Kind>(kind: K, asked: Ask<K>): Promise<Answer<K>> {
  const message: Message<K> = { version: VERSION, kind, ask: asked };
  const reply = (await chrome.runtime.sendMessage(message)) as Reply<K> | undefined;
  if (reply === undefined) throw new Error("no_answer");
  if ("error" in reply) throw new Error(reply.error);
  return reply.answer;
}
