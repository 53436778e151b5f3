/** The words of the Timeline, and the common ones. */
import { de } from "../lib/words/timeline.de";
import { en } from "../lib/words/timeline.en";
import { saying } from "../lib/words/own";

export const t = saying(en, de);
