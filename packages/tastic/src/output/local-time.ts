/**
 * Times as restic prints them for people.
 */
import { dateFromDays, localOffset, offsetOf, parseTime, SECONDS_PER_DAY } from "@tastic/format";

const BILLION = 1_000_000_000n;

/** A stored time in the local time zone: "2006-01-02 15:04:05". */
export function formatLocalTime(stored: string): string {
  const seconds = Number(floorDivide(parseTime(stored), BILLION));
  return civilTime(seconds + localOffset(seconds));
}

/** A stored time with all its digits and its own time zone, as Go prints one: "2006-01-02 15:04:05.000000007 +0100 CET". */
export function formatFullTime(stored: string): string {
  const nanoseconds = parseTime(stored);
  const seconds = Number(floorDivide(nanoseconds, BILLION));
  const offset = offsetOf(stored);
  const fraction = String(nanoseconds - BigInt(seconds) * BILLION)
    .padStart(9, "0")
    .replace(/0+$/, "");
  const zone = formatOffset(offset);
  return `${civilTime(seconds + offset)}${fraction === "" ? "" : `.${fraction}`} ${zone} ${zoneName(seconds, offset)}`;
}

/** The local time zone as the variable TZ names it; UTC where that names none. */
export function localZone(zone: string | undefined = process.env["TZ"]): string {
  if (zone === undefined) return "local time";
  const name = zone.replace(/^:/, "");
  // What many machines have, without starting up all that knows of the others.
  if (name === "UTC") return name;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name }).format();
    return name;
  } catch {
    return "UTC";
  }
}

function civilTime(seconds: number): string {
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const rest = seconds - days * SECONDS_PER_DAY;
  const { year, month, day } = dateFromDays(days);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = `${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)} ${clock}`;
}

function formatOffset(offset: number): string {
  const minutes = Math.floor(Math.abs(offset) / 60);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

/** Go knows the name of a zone only where it is the local one or UTC, and shows the offset again elsewhere. */
function zoneName(seconds: number, offset: number): string {
  if (localOffset(seconds) === offset) {
    const name = localAbbreviation(new Date(seconds * 1000));
    if (name !== undefined) return name;
    if (offset === 0) return "UTC";
    // A local zone without letters is known by its hours.
    return formatOffset(offset).replace(/00$/, "");
  }
  return offset === 0 ? "UTC" : formatOffset(offset);
}

/** "CET" or "CEST": what the local time zone is called at a time, where it has letters. */
export function localAbbreviation(date: Date): string | undefined {
  // Each of these knows the abbreviations of its own part of the world only.
  for (const language of ["en-US", "en-GB", "en-AU", "en-IN"]) {
    const parts = new Intl.DateTimeFormat(language, { timeZoneName: "short" }).formatToParts(date);
    const name = parts.find(({ type }) => type === "timeZoneName")?.value;
    if (name !== undefined && /^[A-Z]{3,5}$/.test(name)) return name;
  }
  return undefined;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}
