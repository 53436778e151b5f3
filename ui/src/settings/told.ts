/** The server's own words and names in the user's language: settings, categories of settings, operations, jobs. */
import type { SettingView } from "../api/types.gen";
import type { Language } from "../lib/words.svelte";

type Both = Record<Language, string>;
const both = (en: string, de: string): Both => ({ en, de });

/** Names of settings, and in German what each does; in English the server tells that, unless it speaks of another input. */
export const SETTINGS: Record<string, Both & { does: string; english?: string }> = {
  time_zone: { ...both("Time zone", "Zeitzone"), does: "Die Zeitzone, in der deine Tage gezählt werden, etwa `Europe/Berlin`; `system` ist die des Servers." },
  day_starts_at: { ...both("The day begins at", "Der Tag beginnt um"), english: "When your day begins; with 4:00, work until four at night counts for the day before.", does: "Wann dein Tag beginnt; mit 4:00 zählt Arbeit bis vier Uhr früh zum Tag davor." },
  first_day_of_week: { ...both("The week begins on", "Die Woche beginnt am"), does: "Der Tag, mit dem deine Wochen beginnen." },
  idle_threshold_seconds: { ...both("Away after", "Abwesend nach"), does: "Nach wie vielen Sekunden ohne Tastatur und Maus du abwesend bist; die Abwesenheit beginnt mit der letzten Eingabe." },
  present_with_media: { ...both("Media count as presence", "Medien zählen als Anwesenheit"), does: "Ob du ohne Tastatur und Maus da bist, solange Ton oder Video läuft oder Mikrofon oder Kamera benutzt werden; was läuft, wird nie aufgezeichnet, nur dass etwas läuft." },
  watcher_silence_minutes: { ...both("Tell of a silent watcher after", "Stillen Beobachter melden nach"), does: "Nach wie vielen Minuten, in denen sein Gerät benutzt wurde, ein Beobachter, der nichts aufzeichnet, als still gemeldet wird; Browser und Editoren, die nur bei Benutzung berichten, nach 40-mal so vielen; 0 heißt nie." },
  theme: { ...both("Theme", "Darstellung"), does: "Helle oder dunkle Seiten; `system` folgt deinem Computer." },
  language: { ...both("Language", "Sprache"), does: "Die Sprache der Seiten.", english: "The language of the screens." },
  one_key_commands: { ...both("Keys without Ctrl or Cmd", "Tasten ohne Strg oder Cmd"), english: "Whether keys such as `?` or `G T` do something. Dictation and slips of the hand press such keys; those with Ctrl or Cmd always hold.", does: "Ob Tasten wie `?` oder `G T` etwas tun. Diktate und Vertipper drücken solche Tasten; die mit Strg oder Cmd gelten immer." },
  command_keys: { ...both("Keys of your own", "Eigene Tasten"), does: "Eigene Tasten für Befehle, je Name des Befehls, etwa `mod+k` oder `g t`; ein leerer Text nimmt einem Befehl seine Tasten." },
  backup_enabled: { ...both("Daily backup", "Tägliche Sicherung"), does: "Ob jeden Tag von selbst eine Sicherung gemacht und Alarm gegeben wird, wenn keine gelingt." },
  backup_hour: { ...both("Hour of the backup", "Stunde der Sicherung"), does: "Die Stunde deines Tages, nach der die tägliche Sicherung gemacht wird; war der Computer dann aus, holt er sie nach." },
  backup_folder: { ...both("Folder for backups", "Ordner für Sicherungen"), does: "Der Ordner, in den Sicherungen geschrieben werden, am besten auf einer anderen Platte; leer ist `backups` im Datenverzeichnis." },
  backup_keep_daily: { ...both("Days that keep one", "Tage, die eine behalten"), does: "Von wie vielen der letzten Tage mit einer Sicherung eine behalten wird." },
  backup_keep_weekly: { ...both("Weeks that keep one", "Wochen, die eine behalten"), does: "Von wie vielen der letzten Wochen mit einer Sicherung eine behalten wird." },
  backup_keep_monthly: { ...both("Months that keep one", "Monate, die eine behalten"), does: "Von wie vielen der letzten Monate mit einer Sicherung eine behalten wird." },
  export_folder: { ...both("Folder for exports", "Ordner für Exporte"), does: "Der Ordner, in den Berichte, Aktivitäten und Ereignisse exportiert werden; leer ist der Ordner deiner Dokumente." },
  retention_titles_days: { ...both("Keep titles and addresses for", "Titel und Adressen behalten für"), does: "Wie viele Tage Titel, Adressen und alles andere, was von Inhalten erzählt, behalten wird; dann bleiben nur Programme und Sites. Leer heißt für immer." },
  retention_events_days: { ...both("Keep events for", "Ereignisse behalten für"), does: "Wie viele Tage einzelne Ereignisse behalten werden; dann bleiben höchstens ihre Summen. Leer heißt für immer." },
  retention_everything_days: { ...both("Keep anything for", "Überhaupt etwas behalten für"), does: "Wie viele Tage überhaupt etwas behalten wird, auch Summen. Leer heißt für immer." },
  retention_totals: { ...both("Keep totals", "Summen behalten"), does: "Ob die Summen gelöschter Ereignisse behalten werden: wie lange jedes Programm und jede Site in jeder Viertelstunde benutzt wurde." },
  editor_join_minutes: { ...both("Join signs of life within", "Lebenszeichen verbinden bis"), does: "Wie viele Minuten zwischen zwei Lebenszeichen eines Editors liegen dürfen, damit die Zeit dazwischen als Zeit im Editor zählt; Summen hängen stark davon ab." },
  editor_oldest_days: { ...both("Take from editors up to", "Von Editoren annehmen bis"), does: "Wie viele Tage alt sein darf, was ein Editor schickt; Älteres wird abgelehnt." },
  editor_newest_minutes: { ...both("Take from editors ahead of time", "Von Editoren im Voraus annehmen"), does: "Wie viele Minuten das, was ein Editor schickt, der Uhr des Servers voraus sein darf." },
  editor_last_for_sites: { ...both("Last project for sites too", "Letztes Projekt auch für Sites"), does: "Ob die Erweiterung eines Browsers, die nach dem letzten Projekt, Zweig oder der letzten Sprache fragt, das auch für Sites bekommt; sonst haben Sites keines." },
  audible_is_present: { ...both("Sound in front counts as presence", "Ton im Vordergrund zählt als Anwesenheit"), does: "Ob du ohne Tastatur und Maus als da giltst, solange eine Seite, die Ton abspielt, vorne ist." },
  calls_are_present: { ...both("Calls count as presence", "Anrufe zählen als Anwesenheit"), does: "Ob du ohne Tastatur und Maus als da giltst, solange das Fenster oder die Seite eines Anrufs vorne ist." },
  longest_quiet_call_hours: { ...both("Longest quiet call, in hours", "Längster stiller Anruf, in Stunden"), does: "Wie viele Stunden ein Anruf ohne Tastatur, Maus und Ton zählt; danach giltst du als weg, so lange sein Fenster auch offen bleibt." },
  day_score_weights: { ...both("Weights of the day score", "Gewichte der Tageswertung"), does: "Wie viel jeder Teil der Tageswertung zählt, von 0 bis 100; Wertungen vergangener Tage ändern sich mit." },
};

/** Parts of settings that have several. */
const PARTS: Record<string, Both> = {
  pulse: both("Pulse", "Puls"),
  focus_ratio: both("Focus ratio", "Fokusanteil"),
  deep_share: both("Deep work", "Tiefes Arbeiten"),
  fragmentation: both("Focus in one piece", "Fokus am Stück"),
  switches: both("Few switches", "Wenig Wechsel"),
};

const CHOICES: Record<string, Both> = {
  system: both("As the computer", "Wie der Computer"),
  light: both("Light", "Hell"),
  dark: both("Dark", "Dunkel"),
  en: both("English", "English"),
  de: both("Deutsch", "Deutsch"),
  monday: both("Monday", "Montag"),
  tuesday: both("Tuesday", "Dienstag"),
  wednesday: both("Wednesday", "Mittwoch"),
  thursday: both("Thursday", "Donnerstag"),
  friday: both("Friday", "Freitag"),
  saturday: both("Saturday", "Samstag"),
  sunday: both("Sunday", "Sonntag"),
};

const CATEGORIES: Record<string, Both> = {
  time: both("Time", "Zeit"),
  tracking: both("Tracking", "Aufzeichnung"),
  screens: both("Screens", "Seiten"),
  keys: both("Keyboard", "Tastatur"),
  backups: both("Backups by themselves", "Sicherungen von selbst"),
  exports: both("Exports", "Exporte"),
  retention: both("For how long things are kept", "Wie lange etwas behalten wird"),
  editors: both("Editors", "Editoren"),
  activities: both("Activities", "Aktivitäten"),
  reports: both("Reports", "Berichte"),
};

const OPERATIONS: Record<string, Both> = {
  add_correction: both("A correction", "Eine Korrektur"),
  change_categories: both("Categories were changed", "Kategorien wurden geändert"),
  change_classes: both("Categories of ActivityWatch were changed", "Kategorien von ActivityWatch wurden geändert"),
  change_corrections: both("Time was assigned", "Zeit wurde zugeordnet"),
  change_goals: both("Goals were changed", "Ziele wurden geändert"),
  change_marks: both("Something was said about a stretch of time", "Über einen Zeitraum wurde etwas gesagt"),
  change_privacy_rules: both("Privacy rules were changed", "Datenschutzregeln wurden geändert"),
  change_project: both("A project was changed", "Ein Projekt wurde geändert"),
  change_rules: both("Rules were changed", "Regeln wurden geändert"),
  change_saved_report: both("A saved report was changed", "Ein gespeicherter Bericht wurde geändert"),
  change_tag: both("A tag was changed", "Ein Tag wurde geändert"),
  delete_bucket: both("A bucket was deleted", "Ein Bucket wurde gelöscht"),
  delete_event: both("An event was deleted", "Ein Ereignis wurde gelöscht"),
  delete_events: both("Events were deleted", "Ereignisse wurden gelöscht"),
  delete_everything: both("Everything was deleted", "Alles wurde gelöscht"),
  delete_match: both("What matched was deleted", "Was passte, wurde gelöscht"),
  delete_range: both("A stretch of time was deleted", "Ein Zeitraum wurde gelöscht"),
  edit_event: both("An event was edited", "Ein Ereignis wurde geändert"),
  hide_history: both("Privacy rules were applied to the record", "Datenschutzregeln wurden auf die Aufzeichnung angewandt"),
  import: both("An import", "Ein Import"),
  import_archive: both("An archive was read in", "Ein Archiv wurde eingelesen"),
  restore_bucket: both("A bucket was taken out of the trash", "Ein Bucket wurde aus dem Papierkorb geholt"),
  restore_event: both("An event was brought back", "Ein Ereignis wurde zurückgeholt"),
  split_event: both("An event was split", "Ein Ereignis wurde geteilt"),
};

const JOBS: Record<string, Both> = {
  "activities.categorise": both("Giving categories", "Kategorien zuordnen"),
  "activities.keep_days": both("Summing up days", "Tage zusammenfassen"),
  "archive.examine": both("Examining an archive", "Ein Archiv prüfen"),
  "archive.export": both("Exporting everything", "Alles exportieren"),
  "backups.make": both("Making a backup", "Eine Sicherung machen"),
  "backups.verify": both("Checking a backup", "Eine Sicherung prüfen"),
  "backups.rewrite": both("Rewriting backups", "Sicherungen neu schreiben"),
  "demo.fill": both("Filling the Demo workspace", "Den Arbeitsbereich Demo füllen"),
  "demo.remove": both("Removing the demo data", "Die Demodaten entfernen"),
  "keys.rekey": both("Exchanging the data key", "Den Datenschlüssel austauschen"),
  "reports.export": both("Writing an export", "Einen Export schreiben"),
  "tracking.delete_orphans": both("Clearing up", "Aufräumen"),
  "tracking.erase": both("Erasing", "Endgültig löschen"),
  "tracking.import": both("Importing", "Importieren"),
  "tracking.retain": both("Keeping to the times of retention", "Fristen einhalten"),
  "tracking.undo_import": both("Taking back an import", "Einen Import zurücknehmen"),
};

const plainly = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
const known = (all: Record<string, Both>, name: string, language: Language): string => all[name]?.[language] ?? plainly(name);

export const labelOf = (name: string, language: Language): string => known(SETTINGS[name] ? SETTINGS : PARTS, name, language);
export const categoryName = (name: string, language: Language): string => known(CATEGORIES, name, language);
export const operationName = (kind: string, language: Language): string => known(OPERATIONS, kind, language);
/** The name of background work; what only the server does for itself has the name that the log has, too. */
export const jobName = (kind: string, language: Language): string => JOBS[kind]?.[language] ?? kind;
export const choiceName = (name: string, language: Language): string => CHOICES[name]?.[language] ?? name;

/** What a setting does, in words. */
export function doesOf({ name, description }: Pick<SettingView, "name" | "description">, language: Language): string {
  return language === "de" ? (SETTINGS[name]?.does ?? description) : (SETTINGS[name]?.english ?? description.replace("`null` is", "Empty is"));
}
