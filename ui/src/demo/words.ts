/** The words about the Demo workspace, and the common ones. */
import { de } from "../lib/words/demo.de";
import { en } from "../lib/words/demo.en";
import { saying } from "../lib/words/own";

export const t = saying(en, de);
