/** What just happened, with a way back: shown for ten seconds, and kept while the pointer or the focus is on it. */
import { listOperations, undoOperation } from "../api/sdk.gen";
import { data } from "./loaded.svelte";
import { t } from "./words.svelte";

export type Toast = { id: number; text: string; bad?: boolean; operation?: number; undo?: () => Promise<void> };
let shown = $state.raw<Toast[]>([]);
let last = 0;

export const toasts = {
  get all(): Toast[] {
    return shown;
  },
  say(text: string, more: Omit<Toast, "id" | "text"> = {}): void {
    shown = [...shown.slice(-2), { id: ++last, text, ...more }];
  },
  drop(id: number): void {
    shown = shown.filter((toast) => toast.id !== id);
  },
};

/** Tell of a change that can be taken back by its operation. */
export function changed(text: string, operation: number | null | undefined): void {
  toasts.say(text, operation ? { operation, undo: () => undo(operation) } : {});
}

/** Tell what went wrong in the server's words. */
export function failed(error: unknown): void {
  toasts.say(error instanceof Error ? error.message : String(error), { bad: true });
}

async function undo(operation: number): Promise<void> {
  try {
    await data(undoOperation({ path: { operation } }));
    // However it was taken back, nobody is offered that again.
    shown = shown.filter((toast) => toast.operation !== operation);
    toasts.say(t("undo.done"));
  } catch (error) {
    failed(error);
  }
}

/** Take back the newest change that was not taken back yet. */
export async function undoLast(): Promise<void> {
  const { operations } = await data(listOperations({ query: { limit: 20 } }));
  const newest = operations.find((each) => each.undone_at === null);
  if (newest) await undo(newest.id);
  else toasts.say(t("undo.nothing"));
}
