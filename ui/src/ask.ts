/** Built into the document: what it runs first. */
import { askEarly } from "./lib/early";

askEarly();
