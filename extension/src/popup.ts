/** The popup: what is recorded now, pausing, leaving a site out, pairing. */

import { permissionFor, serverOf } from "./link";
import { type Status, ask } from "./message";
import { element, fillIn, show, text } from "./page";

const REFRESH = 2_000;
const MINUTE = 60_000;

let server = "";
let held: readonly string[] = [];

function draw(status: Status): void {
  const { recording, reason, pausedUntil, connection, site } = status;
  server = status.server;
  if (recording !== null) {
    show("recording", recording.data.title || text("untitled"));
    show("address", `${recording.data.url} · ${text("since", clock(recording.since))}`);
  } else {
    show("recording", reason === null ? text("nothing") : text(`reason_${reason}`, clock(pausedUntil ?? 0)));
    show("address", null);
  }
  show("never", site === null || reason === "private" ? null : text("never", site));
  element("never").dataset["site"] = site ?? "";
  element("pauses").hidden = pausedUntil !== null;
  element("resume").hidden = pausedUntil === null;
  show("connection", text(`connection_${connection}`, status.server, status.trouble));
  element("connection").classList.toggle("bad", connection === "refused" || connection === "unreachable");
  show("waiting", text("waiting", String(status.waiting)));
  const full = status.joined + status.lost > 0;
  show("full", full ? text("full", String(status.joined), String(status.lost)) : null);
  show("rejected", status.rejected > 0 ? text("rejected", String(status.rejected)) : null);
  element("retry").hidden = connection !== "unreachable" && connection !== "refused";
  document.body.dataset["connection"] = connection;
  document.body.dataset["waiting"] = String(status.waiting);
}

async function refresh(): Promise<Status> {
  const status = await ask("status", {});
  draw(status);
  held = (await chrome.permissions.getAll()).origins ?? [];
  element("allow").hidden = status.connection === "unpaired" || held.includes(permissionFor(status.server));
  return status;
}

async function begin(): Promise<void> {
  fillIn();
  const status = await refresh();
  const unpaired = status.connection === "unpaired" || status.connection === "refused";
  // Who types fast must not lose what they typed.
  element<HTMLInputElement>("server").value ||= status.server;
  element<HTMLDetailsElement>("pairing").open = unpaired;
  if (unpaired) element("code").focus();
  setInterval(() => void refresh(), REFRESH);
}

/** Pair; a browser lets us ask for a permission only while it handles the click itself, so that comes first. */
async function pair(): Promise<void> {
  const code = element<HTMLInputElement>("code").value;
  const address = serverOf(element<HTMLInputElement>("server").value);
  if (address === null) {
    tell("not_an_address");
    return;
  }
  const pattern = permissionFor(address);
  if (!held.includes(pattern) && !(await chrome.permissions.request({ origins: [pattern] }))) {
    tell("not_permitted");
    return;
  }
  const { error } = await ask("pair", { server: address, code });
  tell(error);
  if (error === null) {
    element<HTMLInputElement>("code").value = "";
    element<HTMLDetailsElement>("pairing").open = true;
  }
  await refresh();
}

function tell(error: string | null): void {
  show("pair-result", error === null ? text("paired") : text(`error_${error}`));
  element("pair-result").classList.toggle("bad", error !== null);
}

function pauseEnd(choice: string): number {
  const now = new Date();
  if (choice !== "tomorrow") return now.getTime() + Number(choice) * MINUTE;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime();
}

function clock(at: number): string {
  const soon = at - Date.now() < 12 * 60 * MINUTE;
  const form: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(undefined, soon ? form : { weekday: "short", ...form }).format(at);
}

element("pair-form").addEventListener("submit", (event) => {
  event.preventDefault();
  pair().catch(() => tell("failed"));
});
for (const button of document.querySelectorAll<HTMLElement>("[data-pause]")) {
  button.addEventListener("click", () => {
    void ask("pause", { until: pauseEnd(button.dataset["pause"] ?? "") }).then(draw);
  });
}
element("resume").addEventListener("click", () => void ask("resume", {}).then(draw));
element("retry").addEventListener("click", () => void ask("retry", {}).then(draw));
element("allow").addEventListener("click", () => {
  void chrome.permissions.request({ origins: [permissionFor(server)] }).then(refresh);
});
element("never").addEventListener("click", () => {
  void ask("never-record", { site: element("never").dataset["site"] ?? "" }).then(draw);
});
void begin();
