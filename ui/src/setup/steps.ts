/** The steps of the setup by the second part of the address. */
import type { Key } from "./words";

export type Step = { name: string; title: Key };
export const steps: Step[] = [
  { name: "", title: "setup.step.recording" },
  { name: "more", title: "setup.step.more" },
  { name: "categories", title: "setup.step.categories" },
  { name: "done", title: "setup.step.done" },
];
export const stepAt = (number: number) => (steps[number]?.name ? `/setup/${steps[number].name}` : "/setup");
