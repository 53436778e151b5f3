/** The colours of categories: eight slots that are apart for every kind of sight, or the user's own. */
import { paint } from "./shades";

const OWN = /^#[0-9a-f]{6}$/;

/** Return the colour as CSS: of a slot by its token, which knows both themes; the user's own as far apart from a panel as those. */
export function fill(color: string | null | undefined): string {
  if (!color) return "var(--slot0)";
  return OWN.test(color) ? paint(color, 0).fill : `var(--${color})`;
}

/** Return colours as a canvas takes them, which knows no tokens and no `light-dark()`. */
export function painted(colors: readonly string[], within: Element): string[] {
  const probe = document.createElement("i");
  // Colors that tell what is what stay what they are where a few colors are forced upon all else.
  probe.style.setProperty("forced-color-adjust", "none");
  within.append(probe);
  const found = colors.map((color) => {
    probe.style.color = color;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return found;
}
