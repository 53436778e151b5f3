import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { clamped, contrast, ink, LEAST, PANELS, paint, SCHEMES, shadesOf, SLOTS } from "./shades";

const tokens = readFileSync(new URL("../lib/tokens.css", import.meta.url), "utf8");
const token = (name: string) => new RegExp(`--${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(tokens)?.slice(1);

test("the colors are those of the tokens", () => {
  expect([PANELS.light, PANELS.dark]).toEqual(token("panel"));
  for (const [name, { light, dark }] of Object.entries(SLOTS)) expect([light, dark], name).toEqual(token(name));
});

test("each shade is apart from its panel, from its neighbours, and can be written on", () => {
  for (const scheme of SCHEMES) {
    for (const slot of [...Object.keys(SLOTS), "#ffff00", "#000000", "#fefefe", "#123456"]) {
      const shades = shadesOf(slot, scheme);
      expect(shades.length, `${slot} ${scheme}`).toBeGreaterThan(1);
      for (const [place, shade] of shades.entries()) {
        expect(contrast(shade, PANELS[scheme]), `${slot} ${scheme} ${place}`).toBeGreaterThanOrEqual(LEAST - 0.01);
        expect(contrast(shade, ink(shade))).toBeGreaterThanOrEqual(4.5);
        const next = shades[(place + 1) % shades.length]!;
        expect(contrast(shade, next), `${slot} ${scheme} ${place}`).toBeGreaterThan(1.15);
      }
    }
  }
});

test("a color of one's own keeps its hue and gets the contrast of the slots", () => {
  expect(clamped("#127782", "light")).toBe("#127782");
  expect(contrast(clamped("#ffff00", "light"), "#ffffff")).toBeGreaterThanOrEqual(LEAST);
  expect(contrast(clamped("#000080", "dark"), PANELS.dark)).toBeGreaterThanOrEqual(LEAST);
});

test("both schemes stand in one value", () => {
  expect(paint("slot1", 0)).toEqual({ fill: "light-dark(#127782, #177c60)", ink: "light-dark(#ffffff, #ffffff)" });
  expect(paint(null, 0).fill).toMatch(/^light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\)$/);
});
