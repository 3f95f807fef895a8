/** Numbers and times as the language of the page writes them. A number stays with its unit, and a date is one line. */
import { language, texts } from "./texts.js";

const units = ["B", "KB", "MB", "GB", "TB", "PB"] as const;

/** "1.4 GB", of 1000 each. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${number(value, digits)}\u00a0${units[unit]}`;
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(language.value, { maximumFractionDigits: digits }).format(value);
}

export function percent(part: number): string {
  return new Intl.NumberFormat(language.value, { style: "percent" }).format(part);
}

/** "27 Nov 2026, 10:15". */
export function dateTime(time: string): string {
  const locale = language.value === "en" ? "en-GB" : language.value;
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  return unbroken(format.format(new Date(time)));
}

/** "27 November". */
export function day(time: string): string {
  const locale = language.value === "en" ? "en-GB" : language.value;
  const format = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", timeZone: "UTC" });
  return unbroken(format.format(new Date(time)));
}

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "3 hours ago", "in 21 hours", "just now". */
export function relative(time: string, now = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  const words = new Intl.RelativeTimeFormat(language.value, { numeric: "auto" });
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) < length) continue;
    // What is to come is nearer than it looks: 20 hours and 59 minutes are 21.
    return words.format(seconds > 0 ? Math.round(seconds / length) : Math.trunc(seconds / length), unit);
  }
  return texts.value.common.justNow;
}

/** "2 h 5 min", "40 s". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return unbroken(`${whole} s`);
  const minutes = Math.round(whole / 60);
  return unbroken(minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`);
}

function unbroken(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

/** "rw-r--r--" of a mode's lowest nine bits. */
export function permissions(mode: number): string {
  return Array.from((mode & 0o777).toString(2).padStart(9, "0"))
    .map((bit, index) => (bit === "1" ? "rwxrwxrwx".charAt(index) : "-"))
    .join("");
}
