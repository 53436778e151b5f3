import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { german, PHRASES } from "./from-server";

it("says an error by its code and fields, and leaves to the server what it cannot fill", () => {
  expect(german.problem("too_fast", { seconds: 12.34 })).toBe("Zu viele Anfragen; versuch es in 12,3 s noch einmal.");
  expect(german.problem("unknown_scope", { scope: "a", known: ["b", "c"] })).toBe("Es gibt keinen Bereich „a“; es gibt: b, c.");
  expect(german.problem("no_such_event", { id: 12345 })).toBe("In diesem Bucket gibt es kein Ereignis mit der Nummer 12345.");
  expect(german.problem("too_fast", {})).toBeUndefined();
  expect(german.problem("constructor", {})).toBeUndefined();
});

it("takes a reason for a sentence, and no name that somebody gave", () => {
  const reason = "Expected `int` <= 86400";
  expect(german.problem("setting_not_valid", { name: "x", reason })).toBe("Dieser Wert geht nicht: es darf höchstens 86400 sein.");
  expect(german.problem("goal_name_taken", { name: "Interrupted" })).toContain("„Interrupted“");
  expect(german.phrase("/media/x is not there; plug its disk in, or make the folder.")).toBe("/media/x ist nicht da; schließ die Platte an, oder leg den Ordner an.");
  expect(german.phrase("Nothing needs to be done.")).toBe("Nichts ist zu tun");
  expect(german.phrase("What nobody knows")).toBe("What nobody knows");
});

it("says notices with and without their facts", () => {
  const of = (kind: string, facts: Record<string, unknown>) => german.notice({ kind, facts, sentence: "", advice: "" })?.sentence;
  expect(of("goal_missed", { goal: "day {x}", period: "week", first_day: "2026-11-16" })).toBe("Das Ziel day {x} wurde verfehlt (Woche ab 16. November 2026).");
  expect(of("clock_jumped", { seconds: 3600, direction: "back" })).toBe("Die Uhr des Computers sprang 3.600 Sekunden zurück.");
  expect(of("clock_jumped", {})).toBe("Die Uhr des Computers sprang.");
  expect(of("of tomorrow", {})).toBeUndefined();
});

it("says each kind of recommendation", () => {
  const base = { about: "weekdays", sentence: "", n: 20, effect: -1.25, unit: "hours", interval: { low: -2, high: -0.5 }, first_date: "2026-11-16" };
  expect(german.advice({ ...base, kind: "shift", about: "active_time", facts: { after: 5.5 } })).toBe(
    "Deine aktive Zeit kam in den letzten vier Wochen an einem durchschnittlichen Tag auf 5,5 Stunden; das sind 1,3 weniger als in den vier Wochen davor (95 %: -2 bis -0,5).",
  );
  expect(german.advice({ ...base, kind: "peak_hours", facts: { hour: 23, share: 61.2, usual: 40 } })).toContain("An Werktagen bist du von 23 bis 0 Uhr am konzentriertesten: 61,2 %");
  expect(german.advice({ ...base, kind: "interruptions", effect: 60, facts: { most: 12, category: "Mail {n}" } })).toContain("begannen 12 mit Mail {n} (60 %");
  expect(german.advice({ ...base, kind: "unusual_day", about: "pulse", facts: { value: 12, usual: 50 } })).toContain("Dein Puls am Montag, 16. November 2026 war für dich ungewöhnlich: 12 Stunden");
  expect(german.advice({ ...base, kind: "shift", facts: {} })).toBeUndefined();
});

it("knows every formula of the score", () => {
  const source = readFileSync("../src/hourloom/reports/measures/score.py", "utf8");
  const formulas = [...source.matchAll(/"((?:points|score) = [^"]+)"/g)].map(([, each]) => each!);
  expect(formulas.length).toBe(6);
  expect(formulas.filter((each) => german.phrase(each) === each)).toEqual([]);
});

it("names in German only what the English sentence has", () => {
  const gaps = (text: string) => new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  expect(PHRASES.filter(([english, own]) => [...gaps(own)].some((each) => !gaps(english).has(each)))).toEqual([]);
});
