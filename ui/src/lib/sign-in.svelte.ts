/** Who is signed in: a token in local storage, which one-time links and other tabs change. */
import { client } from "../api/client.gen";
import { signIn as exchange, signOut as revoke } from "../api/sdk.gen";
import { codeIn } from "./address";
import { TOKEN } from "./early";

/** Theme and language, so that the next start begins with them. */
export const LOOK = "hourloom.look";
/** The token of one's own record, while another one looks at the Demo workspace. */
const HOME = "hourloom.home";
export type WhyOut = "never" | "used" | "expired" | "left";

let token = $state(localStorage.getItem(TOKEN));
const home = localStorage.getItem(HOME);
let why = $state<WhyOut>("never");
let isNew = false;

export const signedIn = {
  get token(): string | null {
    return token;
  },
  get why(): WhyOut {
    return why;
  },
  /** Whether what is shown is invented. */
  get isDemo(): boolean {
    // A tab that was loaded while another one went back finds the token of the record in both places.
    return home !== null && token !== null && token !== home;
  },
  /** Whether a link signed in since the document was loaded. */
  get isNew(): boolean {
    return isNew;
  },
};

/** Look at the Demo workspace; everything on the screen is of one workspace, so the document is loaded anew. */
export function visitDemo(secret: string, path: string): void {
  if (token === null) return;
  localStorage.setItem(HOME, token);
  localStorage.setItem(TOKEN, secret);
  location.assign(path);
}

/** Go back to one's own record. */
export async function leaveDemo(): Promise<void> {
  await revoked(token);
  goHome();
}

export function goHome(): void {
  // Whoever signed out in another tab meanwhile is not signed in again.
  const kept = localStorage.getItem(HOME);
  if (kept !== null) localStorage.setItem(TOKEN, kept);
  localStorage.removeItem(HOME);
  location.assign("/today");
}

async function revoked(secret: string | null): Promise<void> {
  if (secret) await revoke({ headers: { authorization: `Bearer ${secret}` } }).catch(() => undefined);
}

function keep(found: string | null, reason: WhyOut): void {
  localStorage.removeItem(HOME);
  if (found === null) for (const kept of [TOKEN, LOOK]) localStorage.removeItem(kept);
  else localStorage.setItem(TOKEN, found);
  [token, why] = [found, reason];
}

client.setConfig({ baseUrl: "", auth: () => token ?? undefined });
client.interceptors.response.use((response, request) => {
  // The token that was sent is no longer good; another one may be in use by now.
  if (response.status === 401 && token && request.headers.get("authorization") === `Bearer ${token}`) {
    // The Demo workspace was removed, from another tab or another program.
    if (home !== null) goHome();
    else keep(null, "expired");
  }
  return response;
});

/** Take the code of a one-time link out of the address, and exchange it for a token. */
export async function signInByLink(): Promise<void> {
  const code = codeIn(location.hash);
  if (!code) return;
  history.replaceState(null, "", location.pathname + location.search);
  keep(null, "never");
  const { data, response } = await exchange({ body: { code } });
  isNew = data !== undefined;
  if (data) keep(data.secret, "never");
  else if (response?.status === 401) keep(null, "used");
}

export async function signOut(): Promise<void> {
  const sent = token;
  keep(null, "left");
  await Promise.all([revoked(sent), revoked(home)]);
}

addEventListener("storage", ({ key, newValue }) => {
  // Another record is another document.
  if (key === TOKEN && newValue && token && newValue !== token) location.reload();
  else if (key === TOKEN) [token, why] = [newValue, newValue === null ? "left" : "never"];
});
addEventListener("hashchange", () => void signInByLink());
