/** The background: listens to the browser, wakes up every 30 s, answers the popup and the options. */

import { browser, loaded, look } from "./looking";
import { Handlers } from "./message";
import { Recorder } from "./recorder";
import { Settling } from "./settling";

const ALARM = "tick";
const RESUME = "resume";
const SECONDS_BETWEEN_TICKS = 30;

const recorder = new Recorder({
  store: chrome.storage.local,
  fetch: (url, options) => fetch(url, options),
  now: Date.now,
  look,
  browser,
  changed: () => void showBadge(),
});

const settling = new Settling((since) => void recorder.observe(since, false), loaded, {
  set: (work, milliseconds) => setTimeout(work, milliseconds) as unknown as number,
  clear: (timer) => clearTimeout(timer),
});

// A worker is started for an event and must have its listeners by the end of its first turn.
const viewed = (): void => settling.note(Date.now(), true);
chrome.tabs.onActivated.addListener(viewed);
chrome.tabs.onRemoved.addListener(viewed);
chrome.tabs.onReplaced.addListener(viewed);
chrome.windows.onFocusChanged.addListener(viewed);
chrome.webNavigation.onHistoryStateUpdated.addListener(({ frameId }) => {
  if (frameId === 0) viewed();
});
chrome.tabs.onUpdated.addListener((_, change, tab) => {
  const tells = change.url ?? change.title ?? change.audible ?? change.status;
  if (tab.active && tells !== undefined) settling.note(Date.now(), change.url !== undefined);
});

chrome.alarms.onAlarm.addListener(() => void recorder.observe(Date.now(), true));
chrome.runtime.onStartup.addListener(() => void recorder.begin());
chrome.runtime.onInstalled.addListener(() => void recorder.begin());

const handlers = new Handlers()
  .on("status", () => recorder.status())
  .on("pair", async ({ server, code }) => ({ error: await recorder.pair(server, code) }))
  .on("unpair", async () => {
    await recorder.unpair();
    return {};
  })
  .on("pause", async ({ until }) => {
    await recorder.pause(until);
    await chrome.alarms.create(RESUME, { when: until });
    return recorder.status();
  })
  .on("resume", async () => {
    await recorder.resume();
    return recorder.status();
  })
  .on("retry", async () => {
    await recorder.flush(true);
    return recorder.status();
  })
  .on("never-record", async ({ site }) => {
    await recorder.neverRecord(site);
    return recorder.status();
  })
  .on("rules", () => recorder.rules())
  .on("set-rules", ({ rules }) => recorder.setRules(rules))
  .on("names", () => recorder.names())
  .on("set-names", (names) => recorder.setNames(names));

chrome.runtime.onMessage.addListener((message, sender, answer) => {
  // Only our own pages may ask; nothing is ever injected into the pages of others.
  if (sender.id !== chrome.runtime.id || !sender.url?.startsWith(chrome.runtime.getURL(""))) return false;
  void handlers.answer(message).then(answer);
  return true;
});

async function showBadge(): Promise<void> {
  const { connection, pausedUntil } = await recorder.status();
  const trouble = connection === "unpaired" || connection === "refused";
  const text = trouble ? "!" : pausedUntil === null ? "" : "II";
  await chrome.action.setBadgeText({ text });
  await chrome.action.setBadgeBackgroundColor({ color: trouble ? "#b3261e" : "#5f6368" });
}

async function wakeEachTick(): Promise<void> {
  // Made once: an alarm that were made anew at each start would be put off each time.
  if (!(await chrome.alarms.get(ALARM))) {
    await chrome.alarms.create(ALARM, { periodInMinutes: SECONDS_BETWEEN_TICKS / 60 });
  }
}

void wakeEachTick();
void showBadge();
settling.note(Date.now(), false);
