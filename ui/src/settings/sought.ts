/** What is to be deleted, as the form has it and as the server takes it. */
import type { Sought } from "../api/types.gen";

export type Fields = { from: string; to: string; bucket: string; app: string; domain: string; title: string };
export const EMPTY: Fields = { from: "", to: "", bucket: "", app: "", domain: "", title: "" };

/** Return what is sought, or null where nothing would narrow it. */
export function soughtOf(fields: Fields): Sought | null {
  const texts = { bucket: fields.bucket, app: fields.app.trim(), domain: fields.domain.trim(), title: fields.title.trim() };
  const range = fields.from || fields.to ? `${fields.from}..${fields.to}` : "";
  const filled = Object.entries({ range, ...texts }).filter(([, text]) => text);
  return filled.length ? (Object.fromEntries(filled) as Sought) : null;
}
