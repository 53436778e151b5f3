/** Who is signed in: a token in local storage, which one-time links and other tabs change. */
import { client } from "../api/client.gen";
import { signIn as exchange, signOut as revoke } from "../api/sdk.gen";

const TOKEN = "hourloom.token";
export type WhyOut = "never" | "used" | "expired" | "left";

let token = $state(localStorage.getItem(TOKEN));
let why = $state<WhyOut>("never");
let isNew = false;

export const signedIn = {
  get token(): string | null {
    return token;
  },
  get why(): WhyOut {
    return why;
  },
  /** Whether a link signed in since the document was loaded. */
  get isNew(): boolean {
    return isNew;
  },
};

function keep(found: string | null, reason: WhyOut): void {
  if (found === null) localStorage.removeItem(TOKEN);
  else localStorage.setItem(TOKEN, found);
  [token, why] = [found, reason];
}

client.setConfig({ baseUrl: "", auth: () => token ?? undefined });
client.interceptors.response.use((response, request) => {
  // The token that was sent is no longer good; another one may be in use by now.
  if (response.status === 401 && token && request.headers.get("authorization") === `Bearer ${token}`) keep(null, "expired");
  return response;
});

/** Take the code of a one-time link out of the address, and exchange it for a token. */
export async function signInByLink(): Promise<void> {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
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
  if (sent) await revoke({ headers: { authorization: `Bearer ${sent}` } }).catch(() => undefined);
}

addEventListener("storage", ({ key, newValue }) => {
  if (key === TOKEN) [token, why] = [newValue, newValue === null ? "left" : "never"];
});
addEventListener("hashchange", () => void signInByLink());
