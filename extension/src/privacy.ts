/** What may be recorded of a page: decided here, before anything is stored or sent. */

import type { TabData } from "./beat";

/** From all to nothing. */
export const LEVELS = ["full", "no-title", "domain", "never"] as const;
export type Level = (typeof LEVELS)[number];

/** How much of a site and its subdomains is recorded. */
export interface SiteRule {
  readonly site: string;
  readonly level: Level;
}

export interface Rules {
  /** For every site without a rule of its own. */
  readonly everywhere: Level;
  readonly sites: readonly SiteRule[];
  /** In private windows, where the browser lets us see them at all; whichever is stricter holds. */
  readonly incognito: Level;
  /** Whether addresses keep what follows the `?`. */
  readonly query: boolean;
}

export const DEFAULT_RULES: Rules = { everywhere: "full", sites: [], incognito: "never", query: true };

export const MOST_SITES = 1_000;
const LONGEST_URL = 2_000;
const LONGEST_TITLE = 500;
const LONGEST_HOST = 253;

/** A tab as the browser shows it. */
export interface SeenTab {
  readonly url: string;
  readonly title: string;
  readonly audible: boolean;
  readonly incognito: boolean;
  readonly tabCount: number;
}

/** Return what is recorded of a tab, or null for nothing. */
export function allowed(tab: SeenTab, rules: Rules): TabData | null {
  const page = pageOf(tab.url);
  if (page === null) return null;
  const level = levelOf(page.hostname, tab.incognito, rules);
  if (level === "never") return null;
  return {
    url: level === "domain" ? `${page.protocol}//${page.host}/` : cleaned(page, rules.query),
    title: level === "full" ? plain(tab.title) : "",
    audible: tab.audible,
    incognito: tab.incognito,
    tabCount: tab.tabCount,
  };
}

/** Return how much of a host is recorded: the rule of the longest site that it belongs to. */
export function levelOf(host: string, incognito: boolean, rules: Rules): Level {
  const name = bare(host);
  let found: SiteRule | null = null;
  for (const rule of rules.sites) {
    const belongs = name === rule.site || name.endsWith(`.${rule.site}`);
    if (belongs && (found === null || rule.site.length > found.site.length)) found = rule;
  }
  const level = found?.level ?? rules.everywhere;
  return incognito ? stricter(level, rules.incognito) : level;
}

/** Return the site that a person means by what they typed or by an address, or null if it is none. */
export function siteOf(text: string): string | null {
  const typed = text.trim().replace(/^\*\./, "");
  if (typed === "" || typed.length > LONGEST_URL) return null;
  const page = pageOf(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `http://${typed}`);
  const site = page === null ? "" : bare(page.hostname);
  return site === "" || site.length > LONGEST_HOST ? null : site;
}

/** Return rules in which a site has a level. */
export function withSite(rules: Rules, site: string, level: Level): Rules {
  const others = rules.sites.filter((rule) => rule.site !== site);
  if (others.length >= MOST_SITES) throw new Error("too_many_sites");
  return { ...rules, sites: [...others, { site, level }].sort((a, b) => (a.site < b.site ? -1 : 1)) };
}

export function withoutSite(rules: Rules, site: string): Rules {
  return { ...rules, sites: rules.sites.filter((rule) => rule.site !== site) };
}

/** Return rules that were stored or typed; what makes no sense in them becomes the strictest it can mean. */
export function rulesOf(stored: unknown): Rules {
  if (stored === undefined || stored === null) return DEFAULT_RULES;
  const given = stored as Partial<Record<keyof Rules, unknown>>;
  const sites = Array.isArray(given.sites) ? given.sites : [];
  return {
    everywhere: levelFrom(given.everywhere),
    sites: sites.slice(0, MOST_SITES).flatMap((each: unknown) => {
      const rule = each as Partial<SiteRule> | null;
      const site = typeof rule?.site === "string" ? siteOf(rule.site) : null;
      return site === null ? [] : [{ site, level: levelFrom(rule?.level) }];
    }),
    incognito: levelFrom(given.incognito),
    query: given.query === true,
  };
}

function levelFrom(value: unknown): Level {
  return LEVELS.find((level) => level === value) ?? "never";
}

function stricter(one: Level, other: Level): Level {
  return LEVELS.indexOf(one) > LEVELS.indexOf(other) ? one : other;
}

/** Only pages of the web are recorded: not files, not the browser's and extensions' own pages. */
function pageOf(url: string): URL | null {
  try {
    const page = new URL(url);
    return page.protocol === "http:" || page.protocol === "https:" ? page : null;
  } catch {
    return null;
  }
}

/** Leave out passwords and what only a page itself should know; keep the fragments that are addresses of views. */
function cleaned(page: URL, query: boolean): string {
  const fragment = /^#[!/]/.test(page.hash) ? page.hash : "";
  const url = `${page.protocol}//${page.host}${page.pathname}${query ? page.search : ""}${fragment}`;
  return url.slice(0, LONGEST_URL);
}

function bare(host: string): string {
  return host.toLowerCase().replace(/\.+$/, "").replace(/^www\.(?=.*\.)/, "");
}

function plain(title: string): string {
  // Control characters and halves of surrogate pairs are no part of a title; the server refuses the latter.
  const text = title.slice(0, LONGEST_TITLE).replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ");
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "").trim();
}
