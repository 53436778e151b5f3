/** The words of the screens in the user's language. */
import type { Told, ToldAdvice, ToldNotice, ToldProblem } from "./told";
import { en, type Key, type Words } from "./words/en";

export type Language = "en" | "de";
let language = $state<Language>("en");
let words = $state.raw<Words>(en);
/** What the server says in that language; null where the server's own sentences are in it. */
let told = $state.raw<Told | null>(null);

export const spoken = {
  get language(): Language {
    return language;
  },
};

/** Return the first of somebody's languages that is spoken here. */
export function preferred(languages: readonly string[]): Language {
  const wanted = languages.map((each) => each.slice(0, 2).toLowerCase());
  return wanted.find((each): each is Language => each === "en" || each === "de") ?? "en";
}

/** Speak another language from now on. */
export async function speak(wanted: Language): Promise<void> {
  const [own, servers] = wanted === "de" ? await Promise.all([import("./words/de"), import("./words/from-server")]) : [];
  [words, told, language] = [own?.de ?? en, servers?.german ?? null, wanted];
  document.documentElement.lang = wanted;
}

/** Return a sentence with its gaps filled. */
export function t(key: Key, gaps: Record<string, string | number> = {}): string {
  return filled(words[key], gaps);
}

export function filled(sentence: string, gaps: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (gap, name: string) => isolated(String(gaps[name] ?? gap)));
}

/** Letters that are written from the right, and signs that turn the direction. */
const TURNING = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;
const [FIRST, LAST] = [String.fromCharCode(0x2068), String.fromCharCode(0x2069)];

/** Keep the direction of a name to the name, so that the sentence around it stays as it is. */
export function isolated(text: string): string {
  return TURNING.test(text) ? FIRST + text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "") + LAST : text;
}

/** What the server says, in the user's language where its code is known, else in the server's words. */
export const said = {
  problem({ code = "", fields = {}, detail, title }: ToldProblem): string {
    return told?.problem(code, fields) ?? detail ?? title ?? t("app.unreachable");
  },
  notice(notice: ToldNotice): { sentence: string; advice: string } {
    return told?.notice(notice) ?? notice;
  },
  advice(advice: ToldAdvice): string {
    return told?.advice(advice) ?? advice.sentence;
  },
  /** A sentence without a code, such as what a program on a computer says of itself. */
  phrase(sentence: string): string {
    return told?.phrase(sentence) ?? sentence;
  },
};
