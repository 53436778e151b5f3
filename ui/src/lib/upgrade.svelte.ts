/** What happens in an open tab when the screens on the server become others. */

const PATIENCE = 5_000;
let waiting = $state.raw<ServiceWorker | null>(null);

export const upgrade = {
  /** Whether newer screens are there and wait to be shown. */
  get isReady(): boolean {
    return waiting !== null;
  },
  /** Show the newer screens, in every tab. */
  take(): void {
    waiting?.postMessage("take over");
  },
};

/** Keep the screens' files in this browser, where it allows that: on this computer, or over HTTPS. */
export async function keepFiles(): Promise<void> {
  const { serviceWorker } = navigator;
  if (!import.meta.env.PROD || !serviceWorker) return;
  // It loads all files: nobody waits for that.
  await new Promise<unknown>((done) => ("requestIdleCallback" in window ? requestIdleCallback(done, { timeout: PATIENCE }) : setTimeout(done, PATIENCE)));
  const registration = await serviceWorker.register("/worker.js").catch(() => undefined);
  if (!registration) return;
  // The first worker takes over from nobody; each later one was asked to.
  let hadOne = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => (hadOne ? location.reload() : (hadOne = true)));
  const look = () => (waiting = serviceWorker.controller && registration.waiting);
  look();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
}

/** Wait for a part of the screens; if it is gone because the server has newer ones, load the document anew, once. */
export async function arrived<T>(asked: Promise<T>): Promise<T> {
  try {
    const found = await asked;
    if (triedAgain()) history.replaceState(null, "");
    return found;
  } catch (error) {
    const answers = !triedAgain() && (await fetch("/", { method: "HEAD", cache: "no-store" }).then(({ ok }) => ok, () => false));
    if (!answers) throw error;
    history.replaceState({ again: true }, "");
    location.reload();
    return new Promise(() => undefined);
  }
}

function triedAgain(): boolean {
  return (history.state as { again?: boolean } | null)?.again === true;
}
