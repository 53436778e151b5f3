/** Shades of one color: what lies within a category is lighter or darker, and never less apart from its panel. */

type Triple = [number, number, number];
export type Scheme = "light" | "dark";
export const SCHEMES: readonly Scheme[] = ["light", "dark"];

/** The slots and panels as tokens.css has them, which a test compares. */
export const SLOTS: Record<string, Record<Scheme, string>> = {
  slot0: { light: "#a8a49c", dark: "#656b74" },
  slot1: { light: "#127782", dark: "#177c60" },
  slot2: { light: "#95982a", dark: "#878020" },
  slot3: { light: "#9170e2", dark: "#924e9c" },
  slot4: { light: "#505b10", dark: "#adc352" },
  slot5: { light: "#20a4a8", dark: "#a6dfbe" },
  slot6: { light: "#7c354f", dark: "#f9c3f4" },
  slot7: { light: "#a56966", dark: "#c485a5" },
  slot8: { light: "#463e9c", dark: "#7b8efb" },
};
export const PANELS: Record<Scheme, string> = { light: "#ffffff", dark: "#1e2126" };
/** The least contrast of what is drawn with what it is drawn on. */
export const LEAST = 3;
const STEP = 0.075;
const STEPS = [0, -1, 1, -2, 2, -3, 3];
const [DARKEST, LIGHTEST] = [0.22, 0.96];

function parsed(color: string): Triple {
  const number = Number.parseInt(color.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255].map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Triple;
}

function written(linear: Triple): string {
  const parts = linear.map((part) => {
    const share = Math.min(1, Math.max(0, part));
    return Math.round(255 * (share <= 0.0031308 ? 12.92 * share : 1.055 * share ** (1 / 2.4) - 0.055));
  });
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function toOklab([r, g, b]: Triple): Triple {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: Triple): Triple {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** Return a color with another lightness and the same hue; as colorful as that lightness can be. */
function lit(color: string, lightness: number): string {
  const [, a, b] = toOklab(parsed(color));
  for (let part = 1; part > 0; part -= 0.1) {
    const found = fromOklab([lightness, a * part, b * part]);
    if (found.every((each) => each >= -0.001 && each <= 1.001)) return written(found);
  }
  return written(fromOklab([lightness, 0, 0]));
}

function luminance(color: string): number {
  const [r, g, b] = parsed(color);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Return how far two colors are apart, from 1 to 21, as WCAG measures it. */
export function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Return the ink, black or white, that reads best on a color: always 4.5 apart or more. */
export function ink(color: string): string {
  return contrast(color, "#000000") >= contrast(color, "#ffffff") ? "#000000" : "#ffffff";
}

const known = new Map<string, string[]>();
const MOST_KNOWN = 500;

/** Return the shades of a color that are apart enough from the panel of a scheme; there is always one. */
export function shadesOf(color: string, scheme: Scheme): string[] {
  const name = `${color} ${scheme}`;
  const before = known.get(name);
  if (before) return before;
  const start = clamped(SLOTS[color]?.[scheme] ?? color, scheme);
  const [own] = toOklab(parsed(start));
  const lightness = Math.min(LIGHTEST, Math.max(DARKEST, own));
  const found = STEPS.map((step) => lightness + step * STEP)
    .filter((each) => each >= DARKEST && each <= LIGHTEST)
    .map((each) => (each === own ? start : lit(start, each)))
    .filter((each) => contrast(each, PANELS[scheme]) >= LEAST);
  const shades = found.length ? found : [start];
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(name, shades);
  return shades;
}

/** Return a color, lighter or darker until it is apart enough from the panel. */
export function clamped(color: string, scheme: Scheme): string {
  let found = color;
  const direction = scheme === "light" ? -0.02 : 0.02;
  let [lightness] = toOklab(parsed(color));
  while (contrast(found, PANELS[scheme]) < LEAST) {
    lightness = Math.min(1, Math.max(0, lightness + direction));
    found = lit(color, lightness);
  }
  return found;
}

export type Paint = { fill: string; ink: string };

/** Return the shade of a place within a color, and the ink that is read on it, as CSS for both schemes. */
export function paint(color: string | null | undefined, place: number): Paint {
  const [light, dark] = SCHEMES.map((scheme) => {
    const shades = shadesOf(color || "slot0", scheme);
    return shades[place % shades.length]!;
  }) as [string, string];
  return { fill: `light-dark(${light}, ${dark})`, ink: `light-dark(${ink(light)}, ${ink(dark)})` };
}
