/** The sentences of reports in English. */

export const en = {
  "reports.shape": "Shown as",
  "reports.shape.table": "Table",
  "reports.shape.tree": "Tree map",
  "reports.shape.sunburst": "Sunburst",
  "reports.chart": "Time by {key}",
  "reports.chart.then": "Time by {key}, then by {then}",
  "reports.all": "Show all rows",
  "reports.few": "Show the longest only",
  "reports.before-of": "{time} before",
  "reports.empty.wider": "A longer period, or fewer filters, may show more.",
  "reports.drop-all": "Drop all filters",
  "reports.recorded": "Is anything recorded at all?",
  "reports.none": "without",
  "reports.print": "Print",
  "export.part": "Writing {file}: {share} %",
  "export.file": "Writing {file} …",
  "export.cancel": "Cancel",
  "export.done": "{file} is written; your browser has it.",
  "export.failed": "The file was not written: {reason}",
} as const;
