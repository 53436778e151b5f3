/** The pages by the first part of their address; each is loaded when it is first shown. */
import type { Component } from "svelte";
import type { Key } from "./lib/words/en";
import Today from "./today/Today.svelte";

export type Page = {
  name: string;
  title: Key;
  /** The letter that follows `g`. */
  key?: string;
  icon: string;
  /** It is reached from elsewhere and has no place in the rail. */
  hidden?: boolean;
  load: () => Promise<Component>;
};

export const pages: Page[] = [
  { name: "today", title: "nav.today", key: "t", icon: "M4 5h16v15H4zM4 9h16M8 3v4M16 3v4M8 13h3", load: async () => Today },
  {
    name: "timeline",
    title: "nav.timeline",
    key: "l",
    icon: "M3 6h10M8 12h13M3 18h8",
    load: async () => (await import("./timeline/Timeline.svelte")).default,
  },
  {
    name: "week",
    title: "nav.week",
    key: "w",
    icon: "M4 5h16v15H4zM4 9h16M9 9v11M15 9v11M8 3v4M16 3v4",
    load: async () => (await import("./week/Week.svelte")).default,
  },
  {
    name: "reports",
    title: "nav.reports",
    key: "r",
    icon: "M4 20V10M10 20V4M16 20v-7M21 20H3",
    load: async () => (await import("./reports/Reports.svelte")).default,
  },
  {
    name: "rules",
    title: "nav.rules",
    key: "u",
    icon: "M4 6h10M18 6h2M4 12h2M10 12h10M4 18h8M16 18h4M16 4v4M8 10v4M14 16v4",
    load: async () => (await import("./rules/Rules.svelte")).default,
  },
  {
    name: "goals",
    title: "nav.goals",
    key: "g",
    icon: "M12 3a9 9 0 1 0 9 9M12 7a5 5 0 1 0 5 5M12 12l8-8M17 3v4h4",
    load: async () => (await import("./goals/Goals.svelte")).default,
  },
  {
    name: "patterns",
    title: "nav.patterns",
    key: "p",
    icon: "M3 17l5-6 4 3 5-8 4 5M3 21h18",
    load: async () => (await import("./measures/Patterns.svelte")).default,
  },
  {
    name: "inbox",
    title: "nav.inbox",
    key: "i",
    icon: "M4 13l3-8h10l3 8v6H4zM4 13h5a3 3 0 0 0 6 0h5",
    load: async () => (await import("./inbox/Inbox.svelte")).default,
  },
  {
    name: "raw",
    title: "nav.raw",
    key: "d",
    icon: "M4 6c0-2 16-2 16 0v12c0 2-16 2-16 0zM4 6c0 2 16 2 16 0M4 12c0 2 16 2 16 0",
    load: async () => (await import("./raw/Raw.svelte")).default,
  },
  {
    name: "settings",
    title: "nav.settings",
    key: "s",
    icon: "M12 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6M19.4 15a1.6 1.6 0 0 0 .3 1.8l.1.1a2 2 0 1 1-2.8 2.8l-.1-.1a1.6 1.6 0 0 0-2.7 1.1V21a2 2 0 0 1-4 0v-.1a1.6 1.6 0 0 0-2.7-1.2l-.1.1a2 2 0 1 1-2.8-2.8l.1-.1A1.6 1.6 0 0 0 3.1 14H3a2 2 0 0 1 0-4h.1a1.6 1.6 0 0 0 1.2-2.7l-.1-.1a2 2 0 1 1 2.8-2.8l.1.1A1.6 1.6 0 0 0 10 3.1V3a2 2 0 0 1 4 0v.1a1.6 1.6 0 0 0 2.7 1.2l.1-.1a2 2 0 1 1 2.8 2.8l-.1.1a1.6 1.6 0 0 0 1.1 2.7h.1a2 2 0 0 1 0 4h-.1a1.6 1.6 0 0 0-1.2 1.2",
    load: async () => (await import("./settings/Settings.svelte")).default,
  },
  {
    name: "setup",
    title: "nav.setup",
    icon: "M12 3v4M12 17v4M3 12h4M17 12h4M12 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6",
    hidden: true,
    load: async () => (await import("./setup/Setup.svelte")).default,
  },
];
