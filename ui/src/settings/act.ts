/** Doing what a button says, and telling when it went wrong. */
import { failed } from "../lib/toasts.svelte";
import { NotConfirmed } from "./step-up.svelte";

export async function act(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof NotConfirmed)) failed(error);
  }
}

/** Let the browser fetch a file of ours. */
export function download(path: string): void {
  const link = document.createElement("a");
  [link.href, link.download] = [path, ""];
  link.click();
}
