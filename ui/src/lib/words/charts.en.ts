/** The sentences of charts in English. */

export const en = {
  "charts.sum": "{what}, {time} in all: {parts}.",
  "charts.part": "{name} {time}",
  "charts.part.share": "{name}, {time}, {share} %",
  "charts.others": "and {count} more",
  "charts.itself": "{name} itself",
  "charts.more": "{count} more",
  "charts.keys": "The arrow keys move between the parts, Enter opens what is behind one.",
  "charts.empty": "nothing",
  "charts.line": "{what} from {first} to {last}: between {low} and {high}, last {now}. The arrow keys move along it.",
} as const;
