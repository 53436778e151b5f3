/** Places in the screens that features fill, each with a line of its own; an empty one takes no room. */
import type { Component } from "svelte";

export type Place =
  /** What runs at this moment, on top of every page. */
  | "running"
  /** What is planned for the day that is shown, beside what was done. */
  | "plan"
  /** Concentrating now, beside the day that is shown. */
  | "focus";

export const places: Record<Place, Component<{ day: string }>[]> = {
  running: [],
  plan: [],
  focus: [],
};
