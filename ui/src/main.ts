import { mount } from "svelte";
import "./lib/tokens.css";
import App from "./App.svelte";
import { codeIn, dayIn } from "./lib/address";
import { open } from "./lib/opening";
import { router } from "./lib/router.svelte";
import { signedIn } from "./lib/sign-in.svelte";

// What is mounted finds the answer, or that it is on its way.
if (signedIn.token && codeIn(location.hash) === null) open(signedIn.token, dayIn(router.place.path));

mount(App, { target: document.body });
