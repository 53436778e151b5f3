/** Instants, sizes and counts as these pages write them. */

const STEPS: [number, Intl.RelativeTimeFormatUnit][] = [[86_400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];

/** `20 Nov 2026, 18:08` in the user's zone, or in the browser's where that does not know it. */
export function moment(instant: string | number, language: string, zone = "system"): string {
  const options: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" };
  const spoken = language === "en" ? "en-GB" : language;
  try {
    return new Intl.DateTimeFormat(spoken, { ...options, ...(zone === "system" ? {} : { timeZone: zone }) }).format(new Date(instant));
  } catch {
    return new Intl.DateTimeFormat(spoken, options).format(new Date(instant));
  }
}

/** `3 minutes ago`, `in 2 hours`. */
export function ago(instant: string, now: number, language: string): string {
  const seconds = (Date.parse(instant) - now) / 1000;
  const [length, unit] = STEPS.find(([each]) => Math.abs(seconds) >= each) ?? [1, "second"];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.trunc(seconds / length), unit);
}

/** `2.3 MB`. */
export function size(bytes: number, language: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(language, { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: value < 10 && step ? 1 : 0 }).format(value);
}

export function count(number: number, language: string): string {
  return new Intl.NumberFormat(language).format(number);
}

/** A text cut where it marks code with backticks: every second part is code. */
export function parts(text: string): string[] {
  return text.split("`");
}
