/** The live feed: Changes as they are committed, over one socket that comes back by itself. */
import { createLiveTicket } from "../api/sdk.gen";
import { signedIn } from "../lib/sign-in.svelte";

export type Change = { sequence: number; at: string; kind: string; body: Record<string, unknown> };
type Message =
  | ({ type: "change" } & Change)
  | { type: "hello" | "resync"; sequence: number }
  | { type: "answer"; id: string | null; status: number; body?: unknown };
/** Called with a Change, or with null when some were missed and everything may be different. */
type Hear = (change: Change | null) => void;

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** A connection on which nothing is said by then is none: something in between took it and goes no further. */
const LONGEST_SILENCE = 5_000;
/** Whoever asked waits no longer for an answer. */
const LONGEST_ANSWER = 5_000;

let state = $state<"connecting" | "live" | "offline">("connecting");
let since = $state<Date | null>(null);
/** A connection that is back by then is no matter. */
const TOLD_AFTER = 10_000;
let telling: ReturnType<typeof setTimeout> | null = null;

class Feed {
  #hearing = new Set<Hear>();
  #reached: number | null = null;
  #following: string | null = null;
  #socket: WebSocket | null = null;
  #asked = new Map<string, (answer: unknown) => void>();

  get state(): "connecting" | "live" | "offline" {
    return state;
  }

  /** Since when nothing is heard, once that has been so for ten seconds; null while it is live. */
  get offlineSince(): Date | null {
    return since;
  }

  /** Hear of every Change until the function that this returns is called. */
  hear(hear: Hear): () => void {
    this.#hearing.add(hear);
    return () => this.#hearing.delete(hear);
  }

  /** Perform an operation over the socket, which costs no request; undefined where that does not work. */
  async ask<T>(name: string, parameters: Record<string, unknown> = {}): Promise<T | undefined> {
    const socket = this.#socket;
    if (state !== "live" || !socket) return undefined;
    const id = crypto.randomUUID?.() ?? String(Math.random());
    return new Promise((done) => {
      const late = setTimeout(() => this.#answered(id, undefined), LONGEST_ANSWER);
      this.#asked.set(id, (answer) => (clearTimeout(late), done(answer as T | undefined)));
      socket.send(JSON.stringify({ type: "command", id, name, parameters }));
    });
  }

  /** Stay connected for as long as this token is the one in use; begin with the Change after the one that is known. */
  async stay(token: string, known: number | null = null): Promise<void> {
    if (this.#following === token) return;
    [this.#following, this.#reached, state] = [token, known, "connecting"];
    for (let wait = FIRST_WAIT; signedIn.token === token; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      if (await this.#follow(token)) wait = FIRST_WAIT;
      if (signedIn.token !== token) break;
      this.#lost();
      await pause(wait * (0.75 + Math.random() / 2));
    }
    if (this.#following === token) this.#following = null;
  }

  /** Follow one connection to its end; tell whether it ever was live. */
  async #follow(token: string): Promise<boolean> {
    const { data } = await createLiveTicket().catch(() => ({ data: undefined }));
    if (!data || signedIn.token !== token) return false;
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/v1/live`);
    const leave = setInterval(() => signedIn.token === token || socket.close(), 500);
    const silent = setTimeout(() => socket.close(), LONGEST_SILENCE);
    let wasLive = false;
    socket.onopen = () =>
      socket.send(JSON.stringify({ ticket: data.code, ...(this.#reached === null ? {} : { since: this.#reached }) }));
    socket.onmessage = (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as Message;
      if (message.type === "answer") return this.#answered(message.id, message.status < 400 ? message.body : undefined);
      if (message.type === "hello") {
        clearTimeout(silent);
        clearTimeout(telling ?? undefined);
        [wasLive, state, since, telling, this.#socket] = [true, "live", null, null, socket];
      }
      this.#take(message);
    };
    await new Promise<void>((ended) => (socket.onclose = () => ended()));
    clearInterval(leave);
    clearTimeout(silent);
    this.#socket = null;
    for (const id of [...this.#asked.keys()]) this.#answered(id, undefined);
    return wasLive;
  }

  #lost(): void {
    if (telling) return;
    const at = new Date();
    state = "connecting";
    telling = setTimeout(() => ([state, since] = ["offline", at]), TOLD_AFTER);
  }

  #answered(id: string | null, body: unknown): void {
    if (id === null) return;
    this.#asked.get(id)?.(body);
    this.#asked.delete(id);
  }

  #take(message: Exclude<Message, { type: "answer" }>): void {
    if (message.type === "hello") {
      // What was missed meanwhile follows as Changes; the first time there is nothing to miss.
      this.#reached ??= message.sequence;
      return;
    }
    this.#reached = message.sequence;
    for (const hear of this.#hearing) hear(message.type === "change" ? message : null);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", () => (clearTimeout(timer), done()), { once: true });
  });
}

export const feed = new Feed();
