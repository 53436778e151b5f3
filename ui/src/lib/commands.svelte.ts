/** The one list of what can be done: it feeds the palette, the sheet of keys, menus and tests. */
import { untrack } from "svelte";
import { settings } from "./settings.svelte";

export type Command = {
  id: string;
  label: () => string;
  /** Keys in order, such as `g t` or `mod+k`; `mod` is Ctrl, or ⌘ on a Mac. */
  keys?: string;
  /** Where the keys hold; everywhere unless a page says otherwise. */
  scope?: string;
  run: () => void | Promise<void>;
};

let commands = $state.raw<Command[]>([]);
/** The commands as they hold: with the keys that somebody chose, and without those that are switched off. */
const held = $derived.by(() => {
  const own = settings.value<Record<string, string>>("command_keys", {});
  const mayBeOne = settings.value("one_key_commands", true);
  const taken = new Set(Object.values(own));
  return commands.map(({ keys: usual, ...command }): Command => {
    const chosen = own[nameOf(command.id)];
    // What somebody chose goes before what is usual.
    const keys = chosen ?? (usual && taken.has(usual) ? "" : usual);
    return keys && (mayBeOne || keys.startsWith("mod+")) ? { ...command, keys } : command;
  });
});
export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const SEQUENCE = 1000;

export const registry = {
  get all(): Command[] {
    return held;
  },
  /** Offer commands until the function that this returns is called. */
  offer(offered: Command[]): () => void {
    // Who offers does not depend on what else is offered.
    untrack(() => {
      for (const one of offered) {
        const clash = commands.find((other) => other.id === one.id || (one.keys && other.keys === one.keys));
        if (clash) throw new Error(`${one.id} and ${clash.id} have the same name or keys`);
      }
      commands = [...commands, ...offered];
    });
    return () => untrack(() => (commands = commands.filter((each) => !offered.includes(each))));
  },
};

/** Return the name by which a command has keys: a step is the same on every page. */
export function nameOf(id: string): string {
  const step = /\.(before|after|now|today)$/.exec(id)?.[1];
  return step ? `step.${step === "today" ? "now" : step}` : id;
}

/** Return how a key that was pressed is written, such as `mod+k`; nothing for a key that only changes others. */
export function strokeOf(event: KeyboardEvent): string {
  if (["Control", "Meta", "Shift", "Alt", "AltGraph", "Dead", "Process", "Unidentified"].includes(event.key) || event.key === " ") return "";
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const named = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return (mod ? "mod+" : "") + (event.shiftKey && event.key.length > 1 ? "shift+" : "") + named;
}

let begun = "";
let begunAt = 0;

/** Run the command of a key, unless somebody is writing. */
export function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const at = event.target as HTMLElement | null;
  const writes = at?.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") ?? false;
  // What lies below a dialog is not reached, wherever the focus is.
  if (!mod && (writes || document.querySelector("dialog:modal"))) return;
  if (!mod && (event.ctrlKey || event.metaKey)) return;
  const key = strokeOf(event);
  if (!key) return;
  const sequence = begun && event.timeStamp - begunAt < SEQUENCE ? `${begun} ${key}` : key;
  const found = held.find((each) => each.keys === sequence) ?? held.find((each) => each.keys === key);
  begun = found ? "" : key;
  begunAt = event.timeStamp;
  if (!found) return;
  event.preventDefault();
  void found.run();
}

/** Keys as they stand on the keyboard. */
export function shownKeys(keys: string): string[] {
  const named = (key: string) => key.replace(/(^|\+)([a-zäöüß])$/, (_, before: string, letter: string) => before + letter.toUpperCase());
  return keys.split(" ").map((key) => named(key).replace("mod+", isMac ? "⌘" : "Ctrl+").replace("shift+", "Shift+"));
}

/** Return commands whose label has all words of a text, the ones that begin with it first. */
export function fitting(all: Command[], text: string): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const ranked = all.map((command) => ({ command, label: command.label().toLowerCase() }));
  return ranked
    .filter(({ label }) => words.every((word) => label.includes(word)))
    .sort((a, b) => Number(b.label.startsWith(words[0] ?? "")) - Number(a.label.startsWith(words[0] ?? "")))
    .map(({ command }) => command);
}
