/** Which page is shown: it lives in the address alone, so that every state has one and can be gone back to. */

export type Place = { path: string[]; query: URLSearchParams };

function read(): Place {
  return {
    path: location.pathname.split("/").filter(Boolean).map(safelyDecoded),
    query: new URLSearchParams(location.search),
  };
}

function safelyDecoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

let place = $state.raw<Place>(read());

export const router = {
  get place(): Place {
    return place;
  },
  /** Show another address; `replace` leaves no step to go back to. */
  go(address: string, options: { replace?: boolean } = {}): void {
    if (address === location.pathname + location.search) return;
    history[options.replace ? "replaceState" : "pushState"](null, "", address);
    place = read();
    if (!options.replace) scrollTo(0, 0);
  },
  /** Change parts of the query and keep the rest; null takes a part away. */
  ask(changes: Record<string, string | null>): void {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === "") query.delete(name);
      else query.set(name, value);
    }
    const text = query.toString();
    router.go(location.pathname + (text && `?${text}`), { replace: true });
  },
};

addEventListener("popstate", () => (place = read()));

/** Follow links of our own without loading the document again. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = (event.target as Element | null)?.closest?.("a");
  // Addresses come from records too; only those of the web lead out.
  if (link?.href && !/^https?:$/.test(link.protocol)) return event.preventDefault();
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.pathname.startsWith("/api/") || (link.hash && link.pathname === location.pathname)) return;
  event.preventDefault();
  router.go(link.pathname + link.search);
}
