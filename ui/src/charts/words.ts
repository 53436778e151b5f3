/** The words of charts, and the common ones. */
import { de } from "../lib/words/charts.de";
import { en } from "../lib/words/charts.en";
import { saying } from "../lib/words/own";
import { lasted } from "../lib/time";

export const t = saying(en, de);
const TOLD = 5;

/** Tell a chart in a sentence: its whole and its longest parts. */
export function summed(what: string, seconds: number, parts: readonly { name: string; seconds: number }[]): string {
  const told = parts.slice(0, TOLD).map((each) => t("charts.part", { name: each.name, time: lasted(each.seconds) }));
  if (parts.length > TOLD) told.push(t("charts.others", { count: parts.length - TOLD }));
  return t("charts.sum", { what, time: lasted(seconds), parts: told.join(", ") || t("charts.empty") });
}

/** Tell a part in a sentence. */
export const partly = (name: string, seconds: number, whole: number): string =>
  t("charts.part.share", { name, time: lasted(seconds), share: Math.round((100 * seconds) / Math.max(1, whole)) });
