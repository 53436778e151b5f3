import { describe, expect, test } from "vitest";
import { DEFAULT_RULES, type Rules, type SeenTab, allowed, rulesOf, siteOf, withSite } from "../src/privacy";

const TAB: SeenTab = {
  url: "https://user:secret@news.example.com:8443/a/b?q=1#token",
  title: "A\u0000 title\n",
  audible: true,
  incognito: false,
  tabCount: 3,
};
const rules = (more: Partial<Rules>): Rules => ({ ...DEFAULT_RULES, ...more });
const urlOf = (url: string, more: Partial<Rules> = {}): string | undefined => allowed({ ...TAB, url }, rules(more))?.url;

describe("what leaves the browser", () => {
  test("an address without password and without the fragment, and a title in one line", () => {
    expect(allowed(TAB, DEFAULT_RULES)).toEqual({
      url: "https://news.example.com:8443/a/b?q=1",
      title: "A title",
      audible: true,
      incognito: false,
      tabCount: 3,
    });
  });

  test("fragments stay where they are addresses of views", () => {
    expect(urlOf("https://a.test/#/inbox")).toBe("https://a.test/#/inbox");
    expect(urlOf("https://a.test/#!x")).toBe("https://a.test/#!x");
    expect(urlOf("http://127.0.0.1:5600/#code=abc")).toBe("http://127.0.0.1:5600/");
  });

  test("queries only if they may", () => {
    expect(urlOf(TAB.url, { query: false })).toBe("https://news.example.com:8443/a/b");
  });

  test.each(["file:///etc/passwd", "about:blank", "chrome://settings/", "moz-extension://x/popup.html", "data:,x", ""])(
    "%s is no page of the web",
    (url) => {
      expect(urlOf(url)).toBeUndefined();
      expect(siteOf(url)).toBeNull();
    },
  );

  test.each([
    ["never", null],
    ["domain", { url: "https://news.example.com:8443/", title: "" }],
    ["no-title", { url: "https://news.example.com:8443/a/b?q=1", title: "" }],
    ["full", { title: "A title" }],
  ] as const)("a site at the level %s", (level, expected) => {
    const found = allowed(TAB, withSite(DEFAULT_RULES, "example.com", level));
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatchObject(expected);
  });

  test("a site is its subdomains, and nothing that only ends like it", () => {
    const never = withSite(DEFAULT_RULES, "example.com", "never");
    for (const host of ["example.com", "www.example.com", "a.b.example.com", "EXAMPLE.com.", "example.com:80"]) {
      expect(urlOf(`http://${host}/`, never), host).toBeUndefined();
    }
    for (const host of ["badexample.com", "example.com.evil.test", "example.org"]) {
      expect(urlOf(`http://${host}/`, never), host).toBeDefined();
    }
  });

  test("the longest site decides, also against what holds everywhere", () => {
    const picky = rules({
      everywhere: "never",
      sites: [
        { site: "example.com", level: "full" },
        { site: "mail.example.com", level: "domain" },
      ],
    });
    expect(urlOf("https://other.test/", picky)).toBeUndefined();
    expect(urlOf("https://example.com/x", picky)).toBe("https://example.com/x");
    expect(urlOf("https://mail.example.com/x", picky)).toBe("https://mail.example.com/");
  });

  test("private windows are left out unless they are let in, and then the stricter holds", () => {
    const tab = { ...TAB, incognito: true };
    expect(allowed(tab, withSite(DEFAULT_RULES, "example.com", "full"))).toBeNull();
    expect(allowed(tab, rules({ incognito: "domain" }))?.url).toBe("https://news.example.com:8443/");
    const both = withSite(rules({ incognito: "full" }), "example.com", "never");
    expect(allowed(tab, both)).toBeNull();
  });

  test("what is long is cut, and halves of characters are dropped", () => {
    const found = allowed({ ...TAB, url: `http://a.test/${"x".repeat(99_999)}`, title: "\ud83d".repeat(9) }, DEFAULT_RULES);
    expect(found?.url.length).toBe(2_000);
    expect(found?.title).toBe("");
    expect(allowed({ ...TAB, title: "y".repeat(1_000_000) }, DEFAULT_RULES)?.title.length).toBe(500);
    expect(allowed({ ...TAB, title: "😀" }, DEFAULT_RULES)?.title).toBe("😀");
  });
});

test.each([
  ["https://www.Example.com/path?x", "example.com"],
  ["*.example.com", "example.com"],
  [" example.com:8080 ", "example.com"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["localhost", "localhost"],
  ["www.com", "www.com"],
  ["a b", null],
  ["", null],
  ["javascript://x", null],
])("%s means the site %s", (typed, site) => {
  expect(siteOf(typed)).toBe(site);
});

test("rules that make no sense become strict ones", () => {
  expect(rulesOf(undefined)).toEqual(DEFAULT_RULES);
  const bad = { everywhere: "all", incognito: 7, sites: [{ site: "A.test", level: "?" }, null, { site: 3 }], query: "yes" };
  expect(rulesOf(bad)).toEqual({
    everywhere: "never",
    incognito: "never",
    sites: [{ site: "a.test", level: "never" }],
    query: false,
  });
});
