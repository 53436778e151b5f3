/** The words of these pages, and the common ones. */
import { filled, spoken, t as common } from "../lib/words.svelte";
import type { Key as CommonKey } from "../lib/words/en";
import { de } from "../lib/words/settings.de";
import { en } from "../lib/words/settings.en";

export type Key = keyof typeof en | CommonKey;

/** Return a sentence with its gaps filled. */
export function t(key: Key, gaps: Record<string, string | number> = {}): string {
  const own = (spoken.language === "de" ? de : en) as Partial<Record<Key, string>>;
  const found = own[key];
  return found === undefined ? common(key as CommonKey, gaps) : filled(found, gaps);
}
