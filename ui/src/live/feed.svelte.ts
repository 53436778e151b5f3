/** The live feed: Changes as they are committed, over one socket that comes back by itself. */
import { createLiveTicket } from "../api/sdk.gen";
import { signedIn } from "../lib/sign-in.svelte";

export type Change = { sequence: number; at: string; kind: string; body: Record<string, unknown> };
type Message =
  | ({ type: "change" } & Change)
  | { type: "hello" | "resync"; sequence: number }
  | { type: "answer" };
/** Called with a Change, or with null when some were missed and everything may be different. */
type Hear = (change: Change | null) => void;

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;

let state = $state<"connecting" | "live" | "offline">("connecting");
let since = $state<Date | null>(null);

class Feed {
  #hearing = new Set<Hear>();
  #reached: number | null = null;
  #following: string | null = null;

  get state(): "connecting" | "live" | "offline" {
    return state;
  }

  /** Since when nothing is heard; null while it is live. */
  get offlineSince(): Date | null {
    return since;
  }

  /** Hear of every Change until the function that this returns is called. */
  hear(hear: Hear): () => void {
    this.#hearing.add(hear);
    return () => this.#hearing.delete(hear);
  }

  /** Stay connected for as long as this token is the one in use. */
  async stay(token: string): Promise<void> {
    if (this.#following === token) return;
    [this.#following, this.#reached, state] = [token, null, "connecting"];
    for (let wait = FIRST_WAIT; signedIn.token === token; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      if (await this.#follow(token)) wait = FIRST_WAIT;
      if (signedIn.token !== token) break;
      if (state !== "offline") [state, since] = ["offline", new Date()];
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
    let wasLive = false;
    socket.onopen = () =>
      socket.send(JSON.stringify({ ticket: data.code, ...(this.#reached === null ? {} : { since: this.#reached }) }));
    socket.onmessage = (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as Message;
      if (message.type === "answer") return;
      if (message.type === "hello") [wasLive, state, since] = [true, "live", null];
      this.#take(message);
    };
    await new Promise<void>((ended) => (socket.onclose = () => ended()));
    clearInterval(leave);
    return wasLive;
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
