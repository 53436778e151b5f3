/** What both pages of the extension need: texts, and elements by their name. */

/** Return a text of the extension in the browser's language. */
export function text(name: string, ...parts: string[]): string {
  return chrome.i18n.getMessage(name.replaceAll("-", "_"), parts) || name;
}

/** Return the element with an id; a page without it is a mistake of ours. */
export function element<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found as Kind;
}

export function fillIn(): void {
  for (const each of document.querySelectorAll<HTMLElement>("[data-text]")) {
    each.textContent = text(each.dataset["text"] ?? "");
  }
}

/** Show a text, or hide the element where there is none. */
export function show(id: string, shown: string | null): void {
  const found = element(id);
  found.hidden = shown === null;
  // A live region is read out whenever its text is set.
  if (shown !== null && found.textContent !== shown) found.textContent = shown;
}
