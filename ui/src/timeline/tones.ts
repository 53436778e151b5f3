/** Neutral tones for what is no category: apps, titles and what watchers sent are told apart by how light they are. */
import type { Scheme } from "../charts/shades";

/** Nearly without color, so that none is taken for a category; each apart from the panel, and from the next. */
export const TONES: Record<Scheme, readonly string[]> = {
  light: ["#858c97", "#6f7681", "#5b626d", "#494f59", "#363c45", "#242932"],
  dark: ["#7d8590", "#949ba6", "#abb1bb", "#c0c6ce", "#d6dae1", "#eceff3"],
};
const ALL = TONES.light.map((light, place) => `light-dark(${light}, ${TONES.dark[place]})`);
/** So many letters tell one name from another. */
const TOLD = 200;

/** Return the tone of a name, which is always the same; what has no name is as faint as what is not assigned. */
export function tone(name: string | null | undefined): string {
  if (!name) return "var(--slot0)";
  let hash = 2166136261;
  for (let at = 0; at < name.length && at < TOLD; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 16777619);
  return ALL[(hash >>> 0) % ALL.length]!;
}
