import { beforeEach, expect, test, vi } from "vitest";

const kept = new Map<string, string>();
const went: string[] = [];
vi.stubGlobal("localStorage", {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, value: string) => kept.set(name, value),
  removeItem: (name: string) => kept.delete(name),
});
vi.stubGlobal("location", { assign: (path: string) => went.push(path), hash: "", pathname: "/", search: "" });
vi.stubGlobal("addEventListener", () => undefined);

/** Load a tab anew where these are kept. */
async function tab(found: Record<string, string>) {
  kept.clear();
  for (const [name, value] of Object.entries(found)) kept.set(name, value);
  return import("./sign-in.svelte");
}

beforeEach(() => (vi.resetModules(), (went.length = 0)));

test("a tab that is loaded while another one goes back to the record does not call it invented", async () => {
  expect((await tab({ "hourloom.token": "demo", "hourloom.home": "mine" })).signedIn.isDemo).toBe(true);
  vi.resetModules();
  expect((await tab({ "hourloom.token": "mine", "hourloom.home": "mine" })).signedIn.isDemo).toBe(false);
});

test("going back from the Demo workspace keeps the record's token alone", async () => {
  (await tab({ "hourloom.token": "demo", "hourloom.home": "mine" })).goHome();
  expect([Object.fromEntries(kept), went]).toEqual([{ "hourloom.token": "mine" }, ["/today"]]);
});

test("whoever signed out in another tab is not signed in again by going back", async () => {
  const { goHome } = await tab({ "hourloom.token": "demo", "hourloom.home": "mine" });
  kept.clear();
  goHome();
  expect([...kept]).toEqual([]);
});
