/**
 * Spans of time as options give them: of the calendar for `--keep-within` ("1y5m7d2h"), and of a clock for
 * `--retry-lock` ("1h30m").
 */
import { TasticError } from "@tastic/errors";

/** How long a year, month or day is depends on where it begins. */
export interface CalendarDuration {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
}

const CALENDAR_UNITS = { y: "years", m: "months", d: "days", h: "hours" } as const;

function invalid(text: string, example: string, reason: string): TasticError {
  return new TasticError("invalid-argument", `${JSON.stringify(text)} is not a duration: ${reason}`, {
    guidance: `Give numbers and units, such as ${example}.`,
    data: { reason },
  });
}

/**
 * Reads "6y5m234d37h": any order, parts may be missing or negative; of a unit given twice, the last counts.
 * @throws TasticError invalid-argument
 */
export function parseCalendarDuration(text: string): CalendarDuration {
  const duration = { years: 0, months: 0, days: 0, hours: 0 };
  let rest = text.trim();
  while (rest !== "") {
    const [part = "", digits, unit] = /^(-?\d+)(.?)/su.exec(rest) ?? [];
    const number = Number(digits);
    if (digits === undefined) throw invalid(text, "1y5m7d2h", "no number found");
    if (unit === "") throw invalid(text, "1y5m7d2h", `no unit found after number ${digits}`);
    if (!Number.isSafeInteger(number)) throw invalid(text, "1y5m7d2h", `${digits} is too large`);
    if (unit !== "y" && unit !== "m" && unit !== "d" && unit !== "h") {
      throw invalid(text, "1y5m7d2h", `invalid unit '${unit}' found after number ${digits}`);
    }
    duration[CALENDAR_UNITS[unit]] = number;
    rest = rest.slice(part.length);
  }
  return duration;
}

/** "1y5m7d2h", without what is zero; empty if all is. */
export function formatCalendarDuration(duration: CalendarDuration): string {
  return Object.entries(CALENDAR_UNITS)
    .map(([unit, name]) => (duration[name] === 0 ? "" : `${duration[name]}${unit}`))
    .join("");
}

const MILLISECONDS = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3], // U+00B5, micro sign
  ["μs", 1e-3], // U+03BC, Greek letter mu
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);
/** Go counts nanoseconds with 63 bits: some 292 years. */
const MAX_CLOCK_DURATION = 2 ** 63 / 1e6;

/**
 * Milliseconds of a duration as Go writes them: "1h30m", "1.5h", "300ms", "-1m", "0".
 * @throws TasticError invalid-argument
 */
export function parseClockDuration(text: string): number {
  const [, sign = "", body = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const direction = sign === "-" ? -1 : 1;
  if (body === "0") return 0;
  if (body === "") throw invalid(text, "1h30m", "it is empty");
  let total = 0;
  for (let rest = body; rest !== "";) {
    const [part = "", number, unit = ""] = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest) ?? [];
    if (number === undefined) throw invalid(text, "1h30m", "no number found");
    const factor = MILLISECONDS.get(unit);
    if (factor === undefined) {
      throw invalid(
        text,
        "1h30m",
        unit === "" ? "a unit is missing" : `the unit ${JSON.stringify(unit)} is unknown`,
      );
    }
    total += Number(number) * factor;
    rest = rest.slice(part.length);
  }
  if (total >= MAX_CLOCK_DURATION) throw invalid(text, "1h30m", "it is too long");
  return direction * total;
}

/** Milliseconds as Go writes them: "1h30m0s", "1.5s", "300ms", "0s". */
export function formatClockDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  const sign = milliseconds < 0 ? "-" : "";
  const nanoseconds = Math.round(Math.abs(milliseconds) * 1e6);
  for (const [unit, size, next] of [
    ["ns", 1, 1e3],
    ["µs", 1e3, 1e6],
    ["ms", 1e6, 1e9],
  ] as const) {
    if (nanoseconds < next) return `${sign}${nanoseconds / size}${unit}`;
  }
  const seconds = (nanoseconds % 60e9) / 1e9;
  const minutes = Math.floor(nanoseconds / 60e9);
  const hours = Math.floor(minutes / 60);
  return `${sign}${hours > 0 ? `${hours}h` : ""}${minutes > 0 ? `${minutes % 60}m` : ""}${seconds}s`;
}
