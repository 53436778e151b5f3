import { mount, tick } from "svelte";
import "./lib/tokens.css";
import App from "./App.svelte";
import { codeIn, dayIn } from "./lib/address";
import { open, opened } from "./lib/opening";
import { router } from "./lib/router.svelte";
import { signedIn } from "./lib/sign-in.svelte";

/** A day that is there within so many milliseconds is seen at once, and not an empty page before it. */
const PATIENCE = 100;

// What is mounted finds the answer, or that it is on its way.
if (signedIn.token && codeIn(location.hash) === null) open(signedIn.token, dayIn(router.place.path));
if (opened.day) void shownWith(opened.day);

mount(App, { target: document.body });

/** Keep the page from being laid out until it has what it is about. */
async function shownWith(day: Promise<unknown>): Promise<void> {
  document.body.hidden = true;
  await Promise.race([day.then(tick, () => undefined), new Promise((late) => setTimeout(late, PATIENCE))]);
  document.body.hidden = false;
}
