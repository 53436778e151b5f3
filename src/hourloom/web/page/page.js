// The page before there is a user interface: which watchers report, and what they say, as it arrives.

const TOKEN = "hourloom.token";
const EVENTS_SHOWN = 30, BUCKETS_READ = 12;
const CALM_MS = 1000, LONGEST_WAIT_MS = 30000, RECENT_SECONDS = 180;

const $ = (selector) => document.querySelector(selector);
const pause = (ms) => new Promise((done) => {
  setTimeout(done, ms);
  window.addEventListener("online", done, { once: true });
});

class SignedOut extends Error {}

// Whatever is under way ends with the token it asked with.
let asking = new AbortController();

async function call(method, path, body, { token = localStorage.getItem(TOKEN), signal = asking.signal } = {}) {
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const answer = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body), signal });
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) throw new Error((await answer.json()).detail ?? `status ${answer.status}`);
  return answer.json();
}

// What is on the screen

function say(state, text) {
  document.body.dataset.state = state;
  if ($("#state").textContent !== text) $("#state").textContent = text;
}

function element(tag, kind, text) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  // Titles come from anywhere: they are only ever text, in their own direction.
  if (text !== undefined) { made.textContent = text; made.dir = "auto"; }
  return made;
}

function timed(kind, text, instant) {
  const made = element("time", kind, text);
  made.dateTime = instant;
  return made;
}

function fill(section, items) {
  $(`${section} .list`).replaceChildren(...items);
  $(`${section} .empty`).hidden = items.length > 0;
}

function showParts(signedIn) {
  $("#sign-in").hidden = signedIn;
  for (const part of ["#watchers", "#events", "#sign-out"]) $(part).hidden = !signedIn;
}

function ago(instant) {
  const seconds = Math.max(0, (Date.now() - new Date(instant)) / 1000);
  if (seconds < 10) return "just now";
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([s]) => seconds >= s);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.floor(seconds / size), unit);
}

function clock(instant) {
  const then = new Date(instant), time = then.toLocaleTimeString([], { hour: "numeric", minute: "2-digit", second: "2-digit" });
  const today = then.toDateString() === new Date().toDateString();
  return today ? time : `${then.toLocaleDateString([], { month: "short", day: "numeric" })}, ${time}`;
}

function lasted(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

// What watchers of presence say, in words; a Map, since data may hold any word, also those that every object knows.
const PRESENCE = new Map(Object.entries({
  "not-afk": "At the computer", afk: "Away",
  active: "Keyboard or mouse in use", idle: "No keyboard, no mouse",
  open: "Screen unlocked", locked: "Screen locked", asleep: "Asleep",
  playing: "Media play", quiet: "No media",
}));

function described(event) {
  const { title, app, url, status, state, file, project, ...rest } = event.data;
  const text = (value) => (typeof value === "string" && value ? value : undefined);
  if (text(status)) return [PRESENCE.get(status) ?? status];
  if (text(state) && Object.keys(event.data).length === 1) return [PRESENCE.get(state) ?? state];
  const said = [title, file, app, url, state].map(text).filter(Boolean);
  const main = said.shift() ?? Object.values(rest).find(text) ?? JSON.stringify(event.data);
  return [main, [text(project), ...said.reverse()].filter(Boolean).join(" · ")];
}

function watcher(bucket) {
  const made = element("li");
  made.append(element("div", "name", bucket.name), element("div", "where", `${bucket.type} on ${bucket.hostname}`));
  const heard = bucket.ended_at ? timed("heard", `heard ${ago(bucket.ended_at)}`, bucket.ended_at) : element("div", "heard", "never heard");
  if (bucket.ended_at && Date.now() - new Date(bucket.ended_at) < RECENT_SECONDS * 1000) made.className = "recent";
  made.append(heard);
  return made;
}

let known;

function row(event) {
  const made = element("li", known && !known.has(event.id) ? "new" : ""), what = element("div", "what");
  const [main, more] = described(event);
  what.append(element("div", "main clipped", main));
  what.append(element("div", "more clipped", [more, event.bucket].filter(Boolean).join(" · ")));
  made.append(timed("when", clock(event.started_at), event.started_at), what, element("div", "lasted", lasted(event.duration)));
  return made;
}

let drawn = "";

function draw() {
  fill("#watchers", buckets.map(watcher));
  const events = [...recorded.values()].flat()
    .sort((a, b) => b.started_at.localeCompare(a.started_at) || b.id - a.id).slice(0, EVENTS_SHOWN);
  const told = JSON.stringify(events);
  if (told === drawn) return;
  fill("#events", events.map(row));
  [known, drawn] = [new Set(events.map((event) => event.id)), told];
}

// What was recorded, as far as it is shown

let buckets = [];
const recorded = new Map(), stale = new Set();
let everything = true, refreshing = null, readAt = 0;

async function refresh() {
  buckets = await call("GET", "/buckets");
  buckets.sort((a, b) => (b.ended_at ?? "").localeCompare(a.ended_at ?? ""));
  const names = buckets.slice(0, BUCKETS_READ).map((bucket) => bucket.name);
  const wanted = names.filter((name) => everything || stale.has(name) || !recorded.has(name));
  everything = false;
  stale.clear();
  for (const name of recorded.keys()) if (!names.includes(name)) recorded.delete(name);
  await Promise.all(wanted.map(async (bucket) => {
    const page = await call("GET", `/buckets/${encodeURIComponent(bucket)}/events?limit=${EVENTS_SHOWN}`);
    recorded.set(bucket, page.events.map((event) => ({ ...event, bucket })));
  }));
  draw();
}

function refreshSoon() {
  refreshing ??= (async () => {
    await new Promise((done) => setTimeout(done, Math.max(0, readAt + CALM_MS - Date.now())));
    [refreshing, readAt] = [null, Date.now()];
    await refresh();
  })().catch(failed);
}

function failed(error) {
  if (error instanceof SignedOut) signedOut();
  // While the server is away, the socket says so and goes on when it is back.
  else if (!(error instanceof TypeError || error.name === "AbortError")) say("offline", `Something went wrong: ${error.message}`);
}

// The live feed

function heard(message) {
  if (message.type === "hello") say("live", "Live");
  if (message.type === "change" && message.body.bucket) stale.add(message.body.bucket);
  else everything = true;
  refreshSoon();
}

async function follow() {
  const { code } = await call("POST", "/live-tickets");
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/live`);
  socket.onopen = () => socket.send(JSON.stringify({ ticket: code }));
  socket.onmessage = ({ data }) => heard(JSON.parse(data));
  window.addEventListener("hourloom:signed-out", () => socket.close(), { once: true });
  await new Promise((done) => { socket.onclose = done; });
}

let staying = false;

async function stayLive() {
  if (staying) return;
  staying = true;
  for (let wait = 1000; localStorage.getItem(TOKEN); wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    await follow().catch(failed);
    if (document.body.dataset.state === "live") wait = 500;
    if (localStorage.getItem(TOKEN)) { say("offline", "Offline, trying again…"); await pause(wait); }
  }
  staying = false;
}

// Signing in and out

async function signIn() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (!code) return;
  history.replaceState(null, "", location.pathname);
  localStorage.removeItem(TOKEN);
  try {
    localStorage.setItem(TOKEN, (await call("POST", "/sign-in", { code })).secret);
  } catch (error) {
    if (!(error instanceof SignedOut)) throw error;
    signedOut("That link was used already or is older than a minute; make a new one.");
  }
}

function forget() {
  localStorage.removeItem(TOKEN);
  asking.abort();
  asking = new AbortController();
  buckets = [];
  recorded.clear();
  [known, drawn, everything] = [undefined, "", true];
  for (const section of ["#watchers", "#events"]) $(`${section} .list`).replaceChildren();
  window.dispatchEvent(new Event("hourloom:signed-out"));
  showParts(false);
}

function signedOut(why = "Not signed in") {
  forget();
  if (document.body.dataset.state !== "out") say("out", why);
}

async function start() {
  await signIn().catch(failed);
  if (!localStorage.getItem(TOKEN)) { signedOut(); return; }
  say("waiting", "Connecting…");
  showParts(true);
  refreshSoon();
  await stayLive();
}

$("#sign-out").addEventListener("click", async () => {
  const token = localStorage.getItem(TOKEN);
  forget();
  await call("POST", "/sign-out", undefined, { token }).catch(() => {});
  signedOut("Signed out");
});
window.addEventListener("hashchange", start);
window.addEventListener("storage", ({ key, newValue }) => { if (key === TOKEN) newValue ? start() : signedOut("Signed out"); });
setInterval(() => { if (buckets.length) draw(); }, 10000);
start();
