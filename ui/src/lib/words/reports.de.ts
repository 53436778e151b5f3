/** The sentences of reports in German. */
import type { en } from "./reports.en";

export const de: Record<keyof typeof en, string> = {
  "reports.shape": "Gezeigt als",
  "reports.shape.table": "Tabelle",
  "reports.shape.tree": "Kacheln",
  "reports.shape.sunburst": "Ringe",
  "reports.chart": "Zeit nach {key}",
  "reports.chart.then": "Zeit nach {key}, dann nach {then}",
  "reports.all": "Alle Zeilen zeigen",
  "reports.few": "Nur die längsten zeigen",
  "reports.before-of": "{time} davor",
  "reports.empty.wider": "Ein längerer Zeitraum oder weniger Filter zeigen vielleicht mehr.",
  "reports.drop-all": "Alle Filter wegnehmen",
  "reports.recorded": "Wird überhaupt etwas aufgezeichnet?",
  "reports.none": "ohne",
  "reports.print": "Drucken",
  "export.part": "{file} wird geschrieben: {share} %",
  "export.file": "{file} wird geschrieben …",
  "export.cancel": "Abbrechen",
  "export.done": "{file} ist geschrieben; dein Browser hat sie.",
  "export.failed": "Die Datei wurde nicht geschrieben: {reason}",
};
