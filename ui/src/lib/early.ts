/**
 * The call with which the screens open, made before the rest of the script is evaluated: `main.ts` imports this
 * module first, and it imports next to nothing.
 */
import { codeIn, dayIn } from "./address";

/** Where the token is kept. */
export const TOKEN = "hourloom.token";

type Early = { token: string; date: string | null; answer: Promise<Response> };
let early = asked(localStorage.getItem(TOKEN));

function asked(token: string | null): Early | undefined {
  if (token === null || codeIn(location.hash) !== null) return undefined;
  const date = dayIn(location.pathname.split("/").filter(Boolean));
  const address = date === null ? "/api/v1/frame" : `/api/v1/today${date && `?date=${date}`}`;
  const answer = fetch(address, { headers: { authorization: `Bearer ${token}` } });
  // Whoever takes it says what went wrong.
  answer.catch(() => undefined);
  return { token, date, answer };
}

/** Return by what to ask for a day, or for the frame where it is null: the first answer is on its way already. */
export function asking(token: string, date: string | null): typeof fetch {
  const answer = early?.token === token && early.date === date ? early.answer : undefined;
  early = undefined;
  return answer ? () => answer : fetch;
}
