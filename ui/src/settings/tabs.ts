/** The tabs of the settings by the second part of the address. */
import type { Component } from "svelte";
import type { SettingView } from "../api/types.gen";
import type { Key } from "./words";

/** What each tab is given: all settings, and how to load them again. */
export type TabOf = { all: SettingView[]; again: () => void };
export type Tab = { name: string; title: Key; load: () => Promise<Component<TabOf>> };

export const tabs: Tab[] = [
  { name: "general", title: "settings.general", load: async () => (await import("./General.svelte")).default },
  { name: "appearance", title: "settings.appearance", load: async () => (await import("./Appearance.svelte")).default },
  { name: "keys", title: "settings.keys", load: async () => (await import("./Keyboard.svelte")).default },
  { name: "watchers", title: "settings.watchers", load: async () => (await import("./Watchers.svelte")).default },
  { name: "privacy", title: "settings.privacy", load: async () => (await import("./Privacy.svelte")).default },
  { name: "data", title: "settings.data", load: async () => (await import("./Data.svelte")).default },
  { name: "integrations", title: "settings.integrations", load: async () => (await import("./Integrations.svelte")).default },
  { name: "encryption", title: "settings.encryption", load: async () => (await import("./WaysIn.svelte")).default },
  { name: "advanced", title: "settings.advanced", load: async () => (await import("./Advanced.svelte")).default },
];
/** The tabs about the server and the programs that report to it, and not about a workspace. */
export const ofTheServer = new Set(["watchers", "integrations", "encryption", "advanced"]);
