/** The words of reports, and the common ones. */
import { de } from "../lib/words/reports.de";
import { en } from "../lib/words/reports.en";
import { saying } from "../lib/words/own";

export const t = saying(en, de);
