/** The user's settings as far as the screens follow them. */
import { changeSetting, listSettings } from "../api/sdk.gen";
import { feed } from "../live/feed.svelte";
import { data } from "./loaded.svelte";
import { LOOK, signedIn } from "./sign-in.svelte";
import { preferred, speak, type Language } from "./words.svelte";

export type Theme = "system" | "light" | "dark";
let values = $state.raw<Record<string, unknown>>({});

export const settings = {
  /** Return a setting, or what stands for it until it is known. */
  value<T>(name: string, until: T): T {
    return (values[name] as T | undefined) ?? until;
  },
  /** Take what the opening brought, or load. */
  async take(found: Record<string, unknown> | null | undefined): Promise<void> {
    if (!found) return settings.load();
    values = found;
    follow();
  },
  async load(): Promise<void> {
    const found = await data(listSettings()).catch(() => undefined);
    if (!found) return;
    values = Object.fromEntries(found.map(({ name, value }) => [name, value]));
    follow();
  },
  /** Show the change at once, and take it back if the server refuses it. */
  async change(name: string, value: unknown): Promise<void> {
    const before = values;
    values = { ...values, [name]: value };
    follow();
    try {
      await data(changeSetting({ path: { name }, body: { value } }));
    } catch (error) {
      values = before;
      follow();
      throw error;
    }
  },
};

/** What the next start begins with: the look is known before the server answers. */
const [theme, language] = (localStorage.getItem(LOOK) ?? "").split(" ");
values = theme && language ? { theme, language } : {};
follow();
values = {};

function follow(): void {
  const theme = settings.value<Theme>("theme", "system");
  const language = settings.value<Language | "system">("language", "system");
  if (signedIn.token) localStorage.setItem(LOOK, `${theme} ${language}`);
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  void speak(language === "system" ? preferred(navigator.languages) : language);
}

feed.hear((change) => {
  if (change === null || change.kind.startsWith("Setting")) void settings.load();
});
