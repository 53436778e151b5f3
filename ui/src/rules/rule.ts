/** Rules as they are written: a draft that can be edited, and what it says in a sentence. */
import type { Condition, Rule } from "../api/types.gen";

export const FIELDS = ["any", "app", "domain", "host", "url", "title", "path", "project", "language", "device"] as const;
export const FORMS = ["words", "contains", "equals", "pattern"] as const;

export type Field = (typeof FIELDS)[number];

/** Return a new rule about something that was seen, as it stands in the address: `{"app": "code"}`. */
export function begun(text: string | null): Rule {
  const rule: Rule = { name: "", enabled: true, match: "all", conditions: [], outcome: {} };
  try {
    const about = text ? (JSON.parse(text) as Record<string, unknown>) : {};
    for (const field of FIELDS) {
      const value = about[field];
      if (typeof value === "string" && value) rule.conditions!.push({ field, form: field === "app" || field === "domain" ? "equals" : "contains", text: value });
    }
  } catch {
    // Whatever else stands there is no rule.
  }
  if (!rule.conditions!.length) rule.conditions!.push({ field: "title", form: "words", text: "" });
  return rule;
}

/** Return whether the editor can show a condition whole. */
export function isPlain(condition: Condition): boolean {
  return (FIELDS as readonly string[]).includes(condition.field ?? "any");
}

/** Return the rule as it is sent: without what the server fills in. */
export function sent(rule: Rule): Rule {
  const { id: _, position: __, ...rest } = rule;
  return { ...rest, conditions: (rule.conditions ?? []).map((each) => ({ ...each })) };
}
