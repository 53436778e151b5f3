/** What the server calls parts of a score, series and kinds of recommendations. */
export type PartName = "pulse" | "focus_ratio" | "deep_share" | "fragmentation" | "switches";
export type SeriesName = "active_time" | "day_score" | "pulse" | "focus_ratio" | "deep_time" | "switches" | "interruptions";
export type AdviceKind = "shift" | "peak_hours" | "interruptions" | "unusual_day";
