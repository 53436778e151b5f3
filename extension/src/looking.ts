/** What the browser shows now, and which browser it is. */

import type { Look } from "./recorder";

/** Return the tab in front of the window that was used last. */
export async function look(): Promise<Look> {
  const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
  if (tab === undefined || tab.url === undefined) return null;
  const window = await chrome.windows.get(tab.windowId).catch(() => null);
  if (window === null) return null;
  const tabs = await chrome.tabs.query({});
  return {
    focused: window.focused || (await popupIsOpen()),
    tab: {
      url: tab.url,
      title: tab.title ?? "",
      audible: tab.audible ?? false,
      incognito: tab.incognito,
      // How many private tabs there are is nobody's business either.
      tabCount: tabs.filter((each) => each.incognito === tab.incognito).length,
    },
  };
}

/** Our own popup takes the focus of its window in some desktops; whoever opens it still looks at the page. */
async function popupIsOpen(): Promise<boolean> {
  // Not every browser has this, and those that do not leave the focus where it is.
  const runtime: Partial<Pick<typeof chrome.runtime, "getContexts">> = chrome.runtime;
  if (runtime.getContexts === undefined) return false;
  const popups = await chrome.runtime.getContexts({
    contextTypes: ["POPUP" as chrome.runtime.ContextType.POPUP],
  });
  return popups.length > 0;
}

/** Return whether the tab in front has loaded; until then its title is another page's, or none. */
export async function loaded(): Promise<boolean> {
  const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
  return tab?.status !== "loading";
}

interface Named {
  readonly brave?: unknown;
  readonly userAgentData?: { readonly brands: readonly { readonly brand: string }[] };
}

const BRANDS: readonly (readonly [string, string])[] = [
  ["Microsoft Edge", "edge"],
  ["Opera", "opera"],
  ["Vivaldi", "vivaldi"],
  ["Google Chrome", "chrome"],
  ["Chromium", "chromium"],
];

/** Return the name of this browser in one word. */
export async function browser(): Promise<string> {
  const runtime = chrome.runtime as unknown as { getBrowserInfo?: () => Promise<{ name: string }> };
  if (runtime.getBrowserInfo !== undefined) {
    return (await runtime.getBrowserInfo()).name.toLowerCase();
  }
  const { brave, userAgentData } = navigator as unknown as Named;
  if (brave !== undefined) return "brave";
  const own = new Set(userAgentData?.brands.map((each) => each.brand));
  return BRANDS.find(([brand]) => own.has(brand))?.[1] ?? "chromium";
}
