import { mount } from "svelte";
import "./lib/tokens.css";
import App from "./App.svelte";
import { dayIn, open } from "./lib/opening";
import { router } from "./lib/router.svelte";
import { linkWaits, signedIn } from "./lib/sign-in.svelte";

// The answer is on its way while the page is put together.
if (signedIn.token && !linkWaits()) open(signedIn.token, dayIn(router.place.path));

mount(App, { target: document.body });
