/** The words of the screens in the user's language. */
import { en, type Key, type Words } from "./words/en";

export type Language = "en" | "de";
let language = $state<Language>("en");
let words = $state.raw<Words>(en);

export const spoken = {
  get language(): Language {
    return language;
  },
};

/** Speak another language from now on. */
export async function speak(wanted: Language): Promise<void> {
  words = wanted === "de" ? (await import("./words/de")).de : en;
  language = wanted;
  document.documentElement.lang = wanted;
}

/** Return a sentence with its gaps filled. */
export function t(key: Key, gaps: Record<string, string | number> = {}): string {
  return filled(words[key], gaps);
}

export function filled(sentence: string, gaps: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (gap, name: string) => String(gaps[name] ?? gap));
}
