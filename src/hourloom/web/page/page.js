// The page before there is a user interface: which watchers report, and what they say, as it arrives.

const TOKEN = "hourloom.token";
const SHOWN = 25;
const REFRESH_EVERY_MS = 1000;

const $ = (selector) => document.querySelector(selector);

class SignedOut extends Error {}

async function call(method, path, body) {
  const headers = {};
  const token = localStorage.getItem(TOKEN);
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const answer = await fetch(`/api/v1${path}`, {
    method, headers, cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) throw new Error((await answer.json()).detail ?? `status ${answer.status}`);
  return answer.json();
}

async function signIn() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (!code) return;
  history.replaceState(null, "", location.pathname);
  try {
    localStorage.setItem(TOKEN, (await call("POST", "/sign-in", { code })).secret);
  } catch (error) {
    if (!(error instanceof SignedOut)) throw error;
    say("That link was used already or is older than a minute; make a new one.");
  }
}

function say(text) { $("#state").textContent = text; }

function show(signedIn) {
  $("#sign-in").hidden = signedIn;
  for (const part of ["#watchers", "#events", "#sign-out"]) $(part).hidden = !signedIn;
}

function cell(text, kind) {
  const made = document.createElement("td");
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function row(...cells) {
  const made = document.createElement("tr");
  made.append(...cells);
  return made;
}

function fill(section, rows) {
  $(`${section} tbody`).replaceChildren(...rows);
  $(`${section} .empty`).hidden = rows.length > 0;
  $(`${section} .scroll`).hidden = rows.length === 0;
}

function ago(instant) {
  if (!instant) return "never";
  const seconds = Math.max(0, (Date.now() - new Date(instant)) / 1000);
  const units = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, "second"];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.floor(seconds / size), unit);
}

function lasted(seconds) {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

function described(data) {
  return Object.values(data).filter((value) => typeof value === "string").join(" — ") || JSON.stringify(data);
}

let known = null;

async function refresh() {
  const buckets = await call("GET", "/buckets");
  buckets.sort((a, b) => (b.ended_at ?? "").localeCompare(a.ended_at ?? ""));
  fill("#watchers", buckets.map((bucket) => row(
    cell(bucket.name), cell(bucket.hostname), cell(bucket.type), cell(ago(bucket.ended_at), "number"),
  )));
  const pages = await Promise.all(buckets.slice(0, 8).map(async (bucket) => {
    const page = await call("GET", `/buckets/${encodeURIComponent(bucket.name)}/events?limit=${SHOWN}`);
    return page.events.map((event) => ({ ...event, bucket: bucket.name }));
  }));
  const events = pages.flat().sort((a, b) => b.started_at.localeCompare(a.started_at)).slice(0, SHOWN);
  fill("#events", events.map((event) => {
    const made = row(
      cell(new Date(event.started_at).toLocaleString(), "number"), cell(lasted(event.duration), "number"),
      cell(event.bucket), cell(described(event.data), "what"),
    );
    if (known && !known.has(event.id)) made.className = "new";
    return made;
  }));
  known = new Set(events.map((event) => event.id));
}

let waiting = false;

async function refreshSoon() {
  if (waiting) return;
  waiting = true;
  await new Promise((done) => setTimeout(done, REFRESH_EVERY_MS));
  waiting = false;
  await refresh().catch(stopped);
}

function stopped(error) {
  if (error instanceof SignedOut) {
    localStorage.removeItem(TOKEN);
    show(false);
    if ($("#state").textContent === "Connecting…") say("Not signed in");
  } else {
    say(`Something went wrong: ${error.message}`);
  }
}

async function listen(wait = 1000) {
  if (!localStorage.getItem(TOKEN)) return;
  try {
    const { code } = await call("POST", "/live-tickets");
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/live`);
    socket.onopen = () => { socket.send(JSON.stringify({ ticket: code })); say("Live"); wait = 1000; refreshSoon(); };
    socket.onmessage = refreshSoon;
    socket.onclose = () => { say("Offline, trying again…"); setTimeout(() => listen(Math.min(wait * 2, 30000)), wait); };
  } catch (error) {
    if (error instanceof SignedOut) { stopped(error); return; }
    say("Offline, trying again…");
    setTimeout(() => listen(Math.min(wait * 2, 30000)), wait);
  }
}

$("#sign-out").addEventListener("click", () => {
  localStorage.removeItem(TOKEN);
  location.reload();
});

await signIn();
if (localStorage.getItem(TOKEN)) {
  show(true);
  await refresh().catch(stopped);
  await listen();
} else {
  show(false);
  if ($("#state").textContent === "Connecting…") say("Not signed in");
}
setInterval(() => { if (localStorage.getItem(TOKEN)) refreshSoon(); }, 15000);
