/** The sentences of charts in German. */
import type { en } from "./charts.en";

export const de: Record<keyof typeof en, string> = {
  "charts.sum": "{what}, insgesamt {time}: {parts}.",
  "charts.part": "{name} {time}",
  "charts.part.share": "{name}, {time}, {share} %",
  "charts.others": "und {count} weitere",
  "charts.itself": "{name} selbst",
  "charts.more": "{count} weitere",
  "charts.keys": "Die Pfeiltasten führen von Teil zu Teil, Enter öffnet, was dahintersteht.",
  "charts.empty": "nichts",
  "charts.line": "{what} vom {first} bis {last}: zwischen {low} und {high}, zuletzt {now}. Die Pfeiltasten führen daran entlang.",
};
