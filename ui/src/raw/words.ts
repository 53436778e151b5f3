/** The words of these pages, and the common ones. */
import { de } from "../lib/words/raw.de";
import { en } from "../lib/words/raw.en";
import { saying } from "../lib/words/own";

export type Key = Parameters<typeof t>[0];
export const t = saying(en, de);
