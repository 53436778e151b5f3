/** Privacy rules as a form edits them, and in words. */
import type { PrivacyRule } from "../api/types.gen";
import { t } from "./words";

export const WHERES = ["any", "app", "domain", "title", "url", "field"] as const;
export const FORMS = ["contains", "is", "domain", "re2"] as const;
export const TYPES = ["currentwindow", "web.tab.current", "app.editor.activity", "afkstatus"];
export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
/** What a rule that redacts does to which field; `own` is any other way. */
export const TREATMENTS: Partial<Record<Treatment, NonNullable<PrivacyRule["fields"]>>> = {
  all: {},
  title: { title: "replace" },
  site: { url: "origin" },
  both: { title: "replace", url: "origin" },
};
export type Treatment = "all" | "title" | "site" | "both" | "own";
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];

export type Draft = {
  id: number | null;
  enabled: boolean;
  name: string;
  where: NonNullable<PrivacyRule["where"]>;
  form: NonNullable<PrivacyRule["form"]>;
  pattern: string;
  field: string;
  bucket_types: string[];
  private: "" | "yes" | "no";
  timed: boolean;
  starts: string;
  ends: string;
  weekdays: number[];
  action: NonNullable<PrivacyRule["action"]>;
  fields: NonNullable<PrivacyRule["fields"]>;
  replacement: string;
};

/** Return a form for a rule; a new one looks for a site. */
export function draftOf(rule?: PrivacyRule): Draft {
  const isNew = rule === undefined;
  return {
    id: rule?.id ?? null,
    enabled: rule?.enabled ?? true,
    name: rule?.name ?? "",
    where: rule?.where ?? (isNew ? "domain" : "any"),
    form: rule?.form ?? (isNew ? "domain" : "contains"),
    pattern: rule?.pattern ?? "",
    field: rule?.field ?? "",
    bucket_types: rule?.bucket_types ?? [],
    private: rule?.private === true ? "yes" : rule?.private === false ? "no" : "",
    timed: Boolean(rule?.times),
    starts: rule?.times?.starts ?? "18:00",
    ends: rule?.times?.ends ?? "08:00",
    weekdays: rule?.times?.weekdays?.length ? rule.times.weekdays : EVERY_DAY,
    action: rule?.action ?? "drop",
    fields: rule?.fields ?? {},
    replacement: rule?.replacement ?? "hidden",
  };
}

/** Return the rule that a form describes. */
export function ruleOf(draft: Draft): PrivacyRule {
  const { id, private: isPrivate, timed, starts, ends, weekdays, field, ...same } = draft;
  return {
    ...same,
    ...(same.action === "drop" ? { fields: {} } : {}),
    field: same.where === "field" ? field : null,
    private: isPrivate === "" ? null : isPrivate === "yes",
    // No day named means every day.
    times: timed ? { starts, ends, weekdays: weekdays.length === EVERY_DAY.length ? [] : [...weekdays].sort() } : null,
  };
}

export function treatmentOf(fields: Draft["fields"]): Treatment {
  const sorted = (each: object) => JSON.stringify(Object.entries(each).sort());
  const known = Object.entries(TREATMENTS).find(([, each]) => sorted(each) === sorted(fields));
  return known ? (known[0] as Treatment) : "own";
}

/** Whether a form would hide everything there is, which is hardly ever meant. */
export function meetsEverything({ pattern, private: isPrivate, timed, bucket_types }: Draft): boolean {
  return !pattern && !isPrivate && !timed && !bucket_types.length;
}

/** A rule in words. */
export function inWords(rule: PrivacyRule): string {
  const where = rule.where === "field" ? (rule.field ?? "") : t(`settings.rule.where.${rule.where ?? "any"}`);
  const parts = [rule.pattern ? `${where} ${t(`settings.rule.form.${rule.form ?? "contains"}`)} “${rule.pattern}”` : t("settings.rule.everything")];
  if (rule.private !== null && rule.private !== undefined) parts.push(t(rule.private ? "settings.rule.private" : "settings.rule.not-private"));
  if (rule.bucket_types?.length) parts.push(t("settings.rule.only-in", { types: rule.bucket_types.join(", ") }));
  if (rule.times) parts.push(`${rule.times.starts ?? "00:00"}–${rule.times.ends ?? "24:00"}`);
  return parts.join(" · ");
}

/** The order with one moved by a step. */
export function moved(ids: number[], at: number, step: -1 | 1): number[] {
  const other = at + step;
  if (other < 0 || other >= ids.length) return ids;
  const after = [...ids];
  [after[at], after[other]] = [after[other]!, after[at]!];
  return after;
}
