/** The way to the server: pairing, and one beat after another. */

import type { Beat } from "./beat";

/** What pairing gave us: one server, one bucket, and a token for that bucket alone. */
export interface Link {
  readonly server: string;
  readonly bucket: string;
  readonly token: string;
  readonly hostname: string;
  readonly browser: string;
}

/** What became of a beat. */
export type Outcome =
  | { readonly kind: "stored" }
  /** The server cannot be reached, is not well, or is another program: try again later. */
  | { readonly kind: "later"; readonly why: string; readonly seconds: number }
  /** The token is not good any more. */
  | { readonly kind: "unpaired" }
  /** This one beat will never be taken. */
  | { readonly kind: "rejected"; readonly why: string };

export type Fetch = (url: string, options: RequestInit) => Promise<Response>;

export const DEFAULT_SERVER = "http://127.0.0.1:5600";
export const SECONDS_TO_ANSWER = 10;
/** Our beats follow each other without a gap; this is for rounding alone. */
const PULSETIME = 1;
const LONGEST_ANSWER = 65_536;
const BUCKET_TYPE = "web.tab.current";
const CLIENT = "hourloom-extension";
const CODE = /^[A-HJ-NP-Z2-9]{8}$/;
/** Of a beat itself; every other refusal may be over tomorrow. */
const HOPELESS = new Set([400, 413, 422]);

export class PairingFailed extends Error {
  readonly why: string;

  constructor(why: string) {
    super(why);
    this.why = why;
  }
}

/** Return a server's address as it is kept, or null if it is none. */
export function serverOf(text: string): string | null {
  try {
    const typed = text.trim();
    const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `http://${typed}`);
    const web = url.protocol === "http:" || url.protocol === "https:";
    return web && url.username === "" && url.password === "" ? url.origin : null;
  } catch {
    return null;
  }
}

/** Return a code as the server knows it, or null if it cannot be one. */
export function codeOf(text: string): string | null {
  const code = text.replace(/[\s-]+/g, "").toUpperCase();
  return CODE.test(code) ? code : null;
}

/** Return the permission that lets us ask a server; patterns have no ports, which Firefox would not match. */
export function permissionFor(server: string): string {
  const url = new URL(server);
  return `${url.protocol}//${url.hostname}/*`;
}

/** Return the name of our bucket: letters, digits and a few signs, so that it fits into a scope. */
export function bucketOf(browser: string, profile: string, hostname: string): string {
  const parts = ["hourloom-web", word(browser), word(profile)].filter((part) => part !== "");
  return `${parts.join("-")}_${word(hostname) || "unknown"}`;
}

/** Exchange a code for a link. */
export async function pair(
  fetch: Fetch,
  wanted: { server: string; code: string; browser: string; profile: string; computer: string },
): Promise<Link> {
  const code = codeOf(wanted.code);
  if (code === null) throw new PairingFailed("not_a_code");
  const { server, browser } = wanted;
  const hostname = wanted.computer.trim().slice(0, 100) || (await hostnameOf(fetch, server));
  const bucket = bucketOf(browser, wanted.profile, hostname);
  const answer = await ask(fetch, `${server}/api/v1/pairing`, { code, bucket });
  if (answer === null) throw new PairingFailed("unreachable");
  if (answer.status === 401) throw new PairingFailed("wrong_code");
  if (answer.status === 429) throw new PairingFailed("too_many_tries");
  const token = (answer.body as { secret?: unknown } | null)?.secret;
  if (answer.status !== 200 || typeof token !== "string" || token === "") {
    throw new PairingFailed("not_hourloom");
  }
  return { server, bucket, token, hostname, browser };
}

/** Send one beat, making the bucket where there is none. */
export async function send(fetch: Fetch, link: Link, beat: Beat): Promise<Outcome> {
  const place = `${link.server}/api/0/buckets/${encodeURIComponent(link.bucket)}`;
  const body = {
    timestamp: new Date(beat.at).toISOString(),
    duration: beat.lasts / 1_000,
    data: beat.data,
  };
  const target = `${place}/heartbeat?pulsetime=${PULSETIME}`;
  let answer = await ask(fetch, target, body, link.token);
  if (answer?.status === 404) {
    const draft = { client: CLIENT, type: BUCKET_TYPE, hostname: link.hostname, data: { browser: link.browser } };
    const made = await ask(fetch, place, draft, link.token);
    if (made === null || (made.status !== 200 && made.status !== 304)) return outcomeOf(made);
    answer = await ask(fetch, target, body, link.token);
  }
  return outcomeOf(answer);
}

interface Answered {
  readonly status: number;
  readonly retryAfter: number;
  readonly body: unknown;
}

function outcomeOf(answer: Answered | null): Outcome {
  if (answer === null) return { kind: "later", why: "unreachable", seconds: 0 };
  const told = answer.body as { id?: unknown; timestamp?: unknown; code?: unknown } | null;
  // What a privacy rule of the server dropped has no number; it was taken all the same.
  const hasNumber = typeof told?.id === "number" || told?.id === null;
  if (answer.status === 200 && hasNumber && typeof told.timestamp === "string") return { kind: "stored" };
  const code = typeof told?.code === "string" ? told.code.slice(0, 60) : "";
  if (answer.status === 401) return { kind: "unpaired" };
  if (answer.status === 403 && code === "scope_missing") return { kind: "unpaired" };
  if (HOPELESS.has(answer.status) && code !== "" && code !== "host_not_allowed") {
    return { kind: "rejected", why: code };
  }
  const why = code || (answer.status < 300 ? "not_hourloom" : `status_${answer.status}`);
  return { kind: "later", why, seconds: answer.retryAfter };
}

async function hostnameOf(fetch: Fetch, server: string): Promise<string> {
  // Only a server on this computer has the name of this computer.
  const own = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(new URL(server).hostname);
  const answer = own ? await ask(fetch, `${server}/api/0/info`) : null;
  const told = (answer?.body as { hostname?: unknown } | null)?.hostname;
  return answer?.status === 200 && typeof told === "string" && told !== "" ? told.slice(0, 100) : "unknown";
}

/** Ask, and return the answer, or null where there is none in time. */
async function ask(fetch: Fetch, url: string, body?: object, token?: string): Promise<Answered | null> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
  try {
    const response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(SECONDS_TO_ANSWER * 1_000),
    });
    const text = response.status === 304 ? "" : (await response.text()).slice(0, LONGEST_ANSWER);
    const seconds = Number(response.headers.get("Retry-After"));
    return {
      status: response.status,
      retryAfter: Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 600) : 0,
      body: parsed(text),
    };
  } catch {
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function word(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
}
