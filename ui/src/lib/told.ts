/** What the server says, in the user's language: by its code where that is known, else in the server's own words. */

export type ToldProblem = { code?: string; detail?: string; title?: string; fields?: Record<string, unknown> };
export type ToldNotice = { kind: string; facts: Record<string, unknown>; sentence: string; advice: string };
export type ToldAdvice = { kind: string; about: string; sentence: string; n: number; effect: number; unit: string; interval: { low: number; high: number }; first_date: string; facts: Record<string, unknown> };

/** What a language other than the server's has to offer; undefined where it lacks the words. */
export type Told = {
  problem: (code: string, fields: Record<string, unknown>) => string | undefined;
  notice: (notice: ToldNotice) => { sentence: string; advice: string } | undefined;
  advice: (advice: ToldAdvice) => string | undefined;
  phrase: (english: string) => string;
};
