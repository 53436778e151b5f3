/** Which Changes make what is shown stale. */
import type { Change } from "./feed.svelte";

/** What was recorded, or what is made of it. */
export function recorded({ kind }: Change): boolean {
  return /^(Events|Bucket|Activities|Rules|Category|Categories|Goal|Project|Setting)/.test(kind);
}

/** What decides about categories. */
export function decided({ kind }: Change): boolean {
  return /^(Categor|Rule|Correction|Project|Tag)/.test(kind);
}
