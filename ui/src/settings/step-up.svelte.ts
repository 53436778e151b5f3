/** Confirming once more that it is you, where the server asks for it; one confirmation holds for five minutes. */
import { stepUp } from "../api/sdk.gen";
import { data } from "../lib/loaded.svelte";

type Answer<T> = { data?: T; error?: unknown };
type Way = "passphrase" | "code";
type Asking = { ways: Way[]; ended: (ticket: string | null) => void };
type Problem = { code?: string; fields?: { ways?: Way[] } };

/** Nobody confirmed; there is nothing to tell. */
export class NotConfirmed extends Error {}

let asking = $state.raw<Asking | null>(null);
let held: { ticket: string; until: number } | null = null;

export const confirmation = {
  get asking(): Asking | null {
    return asking;
  },
  /** Confirm with a passphrase or a code; throws the server's words when that is wrong. */
  async with(way: Way, secret: string): Promise<void> {
    const made = await data(stepUp({ body: { [way]: secret } }));
    held = { ticket: made.ticket, until: Date.parse(made.expires_at) };
    asking?.ended(made.ticket);
    asking = null;
  },
  cancel(): void {
    asking?.ended(null);
    asking = null;
  },
};

/** Ask the server, and once more with a ticket if it wants one. */
export async function confirmed<T>(ask: (headers: { "Hourloom-Step-Up"?: string }) => Promise<Answer<T>>): Promise<T> {
  const first = await ask(held && held.until > Date.now() ? { "Hourloom-Step-Up": held.ticket } : {});
  const problem = first.error as Problem | undefined;
  if (problem?.code !== "step_up_needed") return data(Promise.resolve(first));
  const ticket = await new Promise<string | null>((ended) => (asking = { ways: problem.fields?.ways ?? ["code"], ended }));
  if (ticket === null) throw new NotConfirmed();
  return data(ask({ "Hourloom-Step-Up": ticket }));
}
