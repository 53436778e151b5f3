import { expect, test } from "vitest";
import { contrast, ink, LEAST, PANELS, SCHEMES, SLOTS } from "../charts/shades";
import { tone, TONES } from "./tones";

/** How far the channels of a color are apart: nothing of it where it is gray. */
const colorful = (color: string): number => {
  const parts = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return Math.max(...parts) - Math.min(...parts);
};

test("each tone is apart from its panel and from all others, and can be written on", () => {
  for (const scheme of SCHEMES) {
    for (const [place, each] of TONES[scheme].entries()) {
      expect(contrast(each, PANELS[scheme]), `${scheme} ${each}`).toBeGreaterThanOrEqual(LEAST);
      expect(contrast(each, ink(each)), `${scheme} ${each}`).toBeGreaterThanOrEqual(4.5);
      for (const other of [SLOTS["slot0"]![scheme], ...TONES[scheme].slice(0, place)]) expect(contrast(each, other), `${scheme} ${each} ${other}`).toBeGreaterThan(1.15);
    }
  }
});

test("no tone is taken for a category", () => {
  for (const scheme of SCHEMES) {
    const slots = Object.entries(SLOTS).filter(([name]) => name !== "slot0").map(([, slot]) => colorful(slot[scheme]));
    expect(Math.max(...TONES[scheme].map(colorful)) * 2).toBeLessThan(Math.min(...slots));
  }
});

test("a name keeps its tone, and names are spread over all of them", () => {
  expect(tone("Firefox")).toBe(tone("Firefox"));
  expect(new Set(Array.from({ length: 200 }, (_, each) => tone(`app ${each}`))).size).toBe(TONES.light.length);
  expect([tone(null), tone("")]).toEqual(["var(--slot0)", "var(--slot0)"]);
  expect(tone("😀".repeat(5000))).toMatch(/^light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\)$/);
});
