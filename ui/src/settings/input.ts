/** Which input fits a setting: read from the JSON schema that the server checks values against. */
import type { SettingView } from "../api/types.gen";

export type NumberInput = { kind: "number"; least: number; most: number; step: "any" | 1; unit: string; canBeEmpty: boolean };
export type Input =
  | NumberInput
  | { kind: "switch" | "zone" | "time" | "other" }
  | { kind: "choice"; choices: string[] }
  | { kind: "text"; longest: number }
  | { kind: "parts"; parts: { name: string; input: NumberInput }[] };

type Schema = {
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMaximum?: number;
  maxLength?: number;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  $ref?: string;
  $defs?: Record<string, Schema>;
};

const ORDER = ["system", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const UNITS: [RegExp, string][] = [[/_seconds$/, "s"], [/_minutes$/, "min"], [/_hours$/, "h"], [/_days$/, "d"]];

export function inputOf({ name, schema }: Pick<SettingView, "name" | "schema">): Input {
  const known = resolved(schema as Schema, (schema as Schema).$defs ?? {});
  if (name === "time_zone") return { kind: "zone" };
  if (known.type === "integer" && known.exclusiveMaximum === 1440) return { kind: "time" };
  if (known.enum) return { kind: "choice", choices: [...known.enum].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)) };
  if (known.type === "boolean") return { kind: "switch" };
  if (known.type === "string") return { kind: "text", longest: known.maxLength ?? 1000 };
  const filled = known.anyOf?.find((each) => each.type !== "null");
  if (filled && known.anyOf?.length === 2 && isNumber(filled)) return number(name, filled, true);
  if (isNumber(known)) return number(name, known, false);
  const parts = Object.entries(known.properties ?? {});
  if (parts.length && parts.every(([, each]) => isNumber(each)))
    return { kind: "parts", parts: parts.map(([part, each]) => ({ name: part, input: number(part, each, false) })) };
  return { kind: "other" };
}

function resolved(schema: Schema, definitions: Record<string, Schema>): Schema {
  return schema.$ref ? (definitions[schema.$ref.split("/").at(-1) ?? ""] ?? {}) : schema;
}

function isNumber({ type }: Schema): boolean {
  return type === "integer" || type === "number";
}

function number(name: string, schema: Schema, canBeEmpty: boolean): NumberInput {
  return {
    kind: "number",
    least: schema.minimum ?? 0,
    most: schema.maximum ?? (schema.exclusiveMaximum ?? 1_000_001) - 1,
    step: schema.type === "integer" ? 1 : "any",
    unit: UNITS.find(([ends]) => ends.test(name))?.[1] ?? "",
    canBeEmpty,
  };
}

/** `04:00` of 240 minutes. */
export function timeOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** 240 of `04:00`; null of what is no time. */
export function minutesOf(time: string): number | null {
  const found = /^(\d\d):(\d\d)/.exec(time);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/** Whether two values of a setting are the same. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
