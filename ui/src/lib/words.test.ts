import { expect, it } from "vitest";
import { filled, isolated, preferred } from "./words.svelte";

it("fills what is there, once, and leaves other gaps", () => {
  expect(filled("{a} and {b}", { a: "{b}", b: 2 })).toBe("{b} and 2");
  expect(filled("{a} and {b}", { a: 1 })).toBe("1 and {b}");
});

it("keeps the direction of names to the names", () => {
  expect(isolated("heron 🦩")).toBe("heron 🦩");
  expect(isolated("שלום")).toBe("\u2068שלום\u2069");
  expect(isolated("\u202egnp.exe\u2069")).toBe("\u2068gnp.exe\u2069");
});

it("speaks the first language of somebody's that it knows", () => {
  expect(preferred(["fr-FR", "de-AT", "en"])).toBe("de");
  expect(preferred(["en-GB", "de"])).toBe("en");
  expect(preferred([])).toBe("en");
});
