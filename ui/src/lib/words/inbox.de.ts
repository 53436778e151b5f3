/** The sentences of the inbox in German. */
import type { en } from "./inbox.en";

export const de: Record<keyof typeof en, string> = {
  "inbox.lead": "Was auf eine Entscheidung von dir wartet, jedes mit einem nächsten Schritt.",
  "inbox.seen": "Was ist das?",
  "inbox.seen.all": "Alles nicht Zugeordnete",
  "inbox.seen.text": "Nichts sagt, was diese aus den letzten {days} Tagen waren. Was du wählst, gilt für Vergangenheit und Zukunft.",
  "inbox.choose": "Kategorie wählen …",
  "inbox.assigned": "{what} ist von nun an {category}, und war es auch bisher.",
  "inbox.browser": "Seiten ohne bekannte Adresse; eine Regel kann sie an ihren Titeln erkennen.",
  "inbox.dismiss": "Erledigt",
  "inbox.back-up": "Jetzt sichern",
  "inbox.backing-up": "Die Sicherung hat begonnen; der Hinweis verschwindet, wenn sie geprüft ist.",
  "inbox.see.watchers": "Nachsehen, was fehlt",
  "inbox.see.logs": "Protokoll öffnen",
  "inbox.see.data": "Platz schaffen",
  "inbox.see.timeline": "Den Tag ansehen",
  "inbox.see.goals": "Ziele öffnen",
  "inbox.goals": "Kurz davor, verfehlt zu werden",
  "inbox.goal.left": "noch {left}",
  "inbox.exports": "Gescheiterte Exporte",
  "inbox.export.begun": "Neuer Versuch; die Datei erscheint bei den Exporten.",
  "inbox.empty": "Nichts wartet auf dich.",
  "inbox.empty.text": "Was niemand zuzuordnen weiß, verstummte Beobachter, alte Sicherungen und Ziele in Gefahr tauchen hier von selbst auf.",
};
