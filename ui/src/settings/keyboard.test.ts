import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Page } from "../pages";
import { chosen, keyedOf, keysOf, taken } from "./keyboard";

const listed = [...readFileSync("src/pages.ts", "utf8").matchAll(/name: "(\w+)",\s+title: "([\w.]+)",\s+key: "(\w)"/g)];
const KEYED = keyedOf(listed.map(([, name, title, key]) => ({ name, title, key }) as Page));

const undo = KEYED.find(({ name }) => name === "undo")!;

it("names every command of the screens that has keys, with the same keys", () => {
  const source = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".svelte")).map((file) => readFileSync(`src/${file}`, "utf8")).join("");
  const offered = [...source.matchAll(/\{ id: "([\w.-]+)",[^\n]*?keys: "([^"]+)"/g)].map(([, id, keys]) => [id!, keys!] as const);
  expect(listed.length).toBeGreaterThan(8);
  expect(offered.length).toBeGreaterThan(10);
  const lacking = offered.filter(([id, keys]) => {
    const step = /\.(before|after|now|today)$/.exec(id)?.[1];
    const name = step ? `step.${step === "today" ? "now" : step}` : id;
    return !KEYED.some((each) => each.name === name && each.keys === keys);
  });
  expect(lacking).toEqual([]);
});

it("gives each its keys once", () => {
  const all = KEYED.map(({ keys }) => keys);
  expect(new Set(all).size).toBe(all.length);
  expect(KEYED.filter((each) => taken(KEYED, each.keys, each, {}))).toEqual([]);
});

it("keeps what differs from what is usual, and nothing else", () => {
  const own = chosen({}, undo, "u");
  expect(own).toEqual({ undo: "u" });
  expect(keysOf(undo, own)).toBe("u");
  expect(chosen(own, undo, "")).toEqual({ undo: "" });
  expect(chosen(own, undo, "mod+z")).toEqual({});
});

it("refuses keys that another command, the beginning of one, or the browser has", () => {
  expect(taken(KEYED, "?", undo, {})).toMatchObject({ name: "keys" });
  expect(taken(KEYED, "g", undo, {})).toMatchObject({ name: expect.stringMatching(/^notices|^go/) as string });
  expect(taken(KEYED, "mod+c", undo, {})).toBe("browser");
  expect(taken(KEYED, "?", undo, { keys: "h" })).toBeUndefined();
  expect(taken(KEYED, "", undo, {})).toBeUndefined();
  expect(taken(KEYED, "u", undo, {})).toBeUndefined();
});
