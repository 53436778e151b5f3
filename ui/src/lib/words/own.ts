/** Sentences that come with a page and not with the shell. */
import { filled, spoken, t as common } from "../words.svelte";
import type { Key as CommonKey } from "./en";

type Say<Key extends string> = (key: Key | CommonKey, gaps?: Record<string, string | number>) => string;

/** Return what says a page's own sentences, and the common ones. */
export function saying<Key extends string>(en: Record<Key, string>, de: Record<Key, string>): Say<Key> {
  return (key, gaps = {}) => {
    const own = (spoken.language === "de" ? de : en) as Partial<Record<string, string>>;
    const found = own[key];
    return found === undefined ? common(key as CommonKey, gaps) : filled(found, gaps);
  };
}
