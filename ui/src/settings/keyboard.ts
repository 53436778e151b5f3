/** Commands that have keys, page by page, so that keys can be changed where the page is not shown. */
import type { Page } from "../pages";
import type { Key } from "./words";

/** A command by the name under which it has keys. */
export type Keyed = { name: string; label: Key; page?: Key; keys: string };

/** Return all of them; what has keys of its own on its page is named here too. */
export const keyedOf = (pages: Pick<Page, "name" | "title" | "key">[]): Keyed[] => [
  { name: "palette", label: "palette.open", keys: "mod+k" },
  { name: "keys", label: "keys.open", keys: "?" },
  { name: "undo", label: "command.undo", keys: "mod+z" },
  { name: "notices", label: "notices.open", keys: "g n" },
  { name: "step.before", label: "settings.keyboard.before", keys: "[" },
  { name: "step.after", label: "settings.keyboard.after", keys: "]" },
  { name: "step.now", label: "settings.keyboard.now", keys: "." },
  ...pages.filter((each) => each.key).map((each): Keyed => ({ name: `go.${each.name}`, label: "command.go", page: each.title, keys: `g ${each.key}` })),
  { name: "timeline.list", label: "timeline.list", page: "nav.timeline", keys: "l" },
  { name: "timeline.assign", label: "timeline.do-assign", page: "nav.timeline", keys: "a" },
  { name: "timeline.split", label: "timeline.split", page: "nav.timeline", keys: "x" },
  { name: "timeline.merge", label: "timeline.merge", page: "nav.timeline", keys: "m" },
  { name: "timeline.away", label: "timeline.away", page: "nav.timeline", keys: "w" },
  { name: "query.run", label: "settings.keyboard.query", page: "nav.raw", keys: "mod+Enter" },
];

/** What the browser does with keys of its own, which no page should take. */
const BROWSERS = new Set(["mod+c", "mod+v", "mod+x", "mod+a", "mod+w", "mod+t", "mod+n", "mod+r", "mod+l", "mod+f", "mod+p", "mod+q", "Tab", "shift+Tab", "Enter", "Escape", "F5"]);

/** Return the keys that hold for a command. */
export function keysOf(keyed: Keyed, own: Record<string, string>): string {
  return own[keyed.name] ?? keyed.keys;
}

/** Return why a command cannot have keys: the command that has them, `browser`, or nothing. */
export function taken(all: Keyed[], keys: string, by: Keyed, own: Record<string, string>): Keyed | "browser" | undefined {
  if (!keys) return undefined;
  if (keys.split(" ").some((each) => BROWSERS.has(each))) return "browser";
  const begins = (one: string, other: string) => one === other || one.startsWith(`${other} `) || other.startsWith(`${one} `);
  return all.find((each) => each.name !== by.name && keysOf(each, own) !== "" && begins(keysOf(each, own), keys));
}

/** Return own keys with those of a command changed; what is usual is not kept. */
export function chosen(own: Record<string, string>, keyed: Keyed, keys: string): Record<string, string> {
  const { [keyed.name]: _, ...rest } = own;
  return keys === keyed.keys ? rest : { ...rest, [keyed.name]: keys };
}
