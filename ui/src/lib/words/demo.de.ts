/** The sentences about the Demo workspace in German. */
import type { en } from "./demo.en";

export const de: Record<keyof typeof en, string> = {
  "demo.badge": "Demo",
  "demo.here": "Was du siehst, ist erfunden. Deine eigene Aufzeichnung bleibt unberührt und läuft weiter.",
  "demo.leave": "Verlassen",
  "demo.remove": "Demodaten entfernen",
  "demo.offer": "Mit erfundenen Daten umsehen",
  "demo.offer.text": "Vier Wochen einer erfundenen Person, in einem eigenen Arbeitsbereich neben deinem: Deine Aufzeichnung und ihre Summen bleiben unberührt, und ein Klick entfernt alles davon.",
  "demo.create": "Demo füllen und ansehen",
  "demo.filling": "Erfinde vier Wochen",
  "demo.filling.opens": "Erfinde vier Wochen und öffne sie dann",
  "demo.stopped": "Es wurde nicht zu Ende geführt.",
  "demo.go-on": "Weitermachen",
  "demo.visit": "Ansehen",
  "demo.ready": "Der Arbeitsbereich Demo ist da.",
  "demo.leaving": "Entferne die Demodaten",
  "demo.removed": "Die Demodaten sind entfernt.",
  "demo.else": "Oder an einem eigenen Ort, auf Port 5700:",
};
