/**
 * Times as restic stores them: RFC 3339 with up to nine digits of a second, as Go's `time.RFC3339Nano` writes them, in
 * the local time zone of the process. Inside tastic, a time is a bigint of nanoseconds since 1970-01-01T00:00:00Z.
 *
 * Trees contain these texts, so their ids depend on every character of them.
 */
import { TasticError } from "@tastic/errors";
import { dateFromDays, daysFromDate, daysInMonth, SECONDS_PER_DAY } from "./calendar.js";
import { localOffset } from "./local-offset.js";

const NANOSECONDS = 1_000_000_000n;

/** "00" to "99". */
const TWO_DIGITS = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, "0"));
const two = (value: number): string => TWO_DIGITS[value] ?? "00";

let lastDay = Number.NaN;
let lastDayText = "";

/** "2006-01-02T"; files that lie together are often of the same day. */
function dayText(days: number): string {
  if (days !== lastDay) {
    const { year, month, day } = dateFromDays(days);
    lastDay = days;
    lastDayText = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T`;
  }
  return lastDayText;
}

/** "Z" or "+01:00". Go cuts the seconds off an offset, so that less than a minute reads +00:00. */
function offsetText(offset: number): string {
  if (offset === 0) return "Z";
  const minutes = Math.trunc(offset / 60);
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Seconds since the epoch, moved into the years 0 to 9999 of local time as restic does: only the year changes. */
function clampYear(seconds: number): number {
  const local = seconds + localOffset(seconds);
  const days = Math.floor(local / SECONDS_PER_DAY);
  const { year, month, day } = dateFromDays(days);
  const moved =
    daysFromDate(year < 0 ? 0 : 9999, month, day) * SECONDS_PER_DAY + (local - days * SECONDS_PER_DAY);
  return moved - localOffset(moved - localOffset(moved));
}

const FIRST_SAFE_SECOND = daysFromDate(0, 1, 3) * SECONDS_PER_DAY;
const LAST_SAFE_SECOND = daysFromDate(9999, 12, 30) * SECONDS_PER_DAY;

function needsClamp(seconds: number): boolean {
  if (seconds > FIRST_SAFE_SECOND && seconds < LAST_SAFE_SECOND) return false;
  const { year } = dateFromDays(Math.floor((seconds + localOffset(seconds)) / SECONDS_PER_DAY));
  return year < 0 || year > 9999;
}

/** A time in the local time zone, for example "2026-01-02T04:04:05.0006007+01:00". */
export function formatTime(nanoseconds: bigint): string {
  let seconds = Number(nanoseconds / NANOSECONDS);
  let fraction = Number(nanoseconds % NANOSECONDS);
  if (fraction < 0) {
    fraction += 1e9;
    seconds -= 1;
  }
  if (needsClamp(seconds)) seconds = clampYear(seconds);
  const offset = localOffset(seconds);
  const local = seconds + offset;
  const days = Math.floor(local / SECONDS_PER_DAY);
  const rest = local - days * SECONDS_PER_DAY;
  const minute = Math.floor(rest / 60);
  const clock = `${two(Math.floor(minute / 60))}:${two(minute % 60)}:${two(rest % 60)}`;
  if (fraction === 0) return dayText(days) + clock + offsetText(offset);
  let digits = 9;
  while (fraction % 10 === 0) {
    fraction /= 10;
    digits--;
  }
  return `${dayText(days)}${clock}.${String(fraction).padStart(digits, "0")}${offsetText(offset)}`;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

function invalidTime(text: string): TasticError {
  const shown = JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
  return new TasticError("invalid-format", `${shown} is not a time as RFC 3339 writes it`);
}

function matchTime(text: string): RegExpExecArray {
  const match = text.length > 128 ? null : TIME.exec(text);
  if (match === null) throw invalidTime(text);
  return match;
}

function offsetSeconds(zone: string): number {
  if (zone === "Z") return 0;
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4, 6)) * 60;
  return zone.startsWith("-") ? -seconds : seconds;
}

/**
 * Nanoseconds since the epoch of an RFC 3339 time. Digits after the ninth of a fraction are dropped.
 * @throws TasticError invalid-format
 */
export function parseTime(text: string): bigint {
  const [, years, months, dates, hours, minutes, secs, fraction = "", zone = "Z"] = matchTime(text);
  const [year, month, day] = [Number(years), Number(months), Number(dates)];
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(secs)];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) throw invalidTime(text);
  if (hour > 23 || minute > 59 || second > 59) throw invalidTime(text);
  if (zone !== "Z" && (Number(zone.slice(1, 3)) > 24 || Number(zone.slice(4, 6)) > 59))
    throw invalidTime(text);
  const seconds = daysFromDate(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, "0"));
  return BigInt(seconds - offsetSeconds(zone)) * NANOSECONDS + BigInt(nanoseconds);
}

/**
 * Seconds that the clock of an RFC 3339 time is ahead of UTC.
 * @throws TasticError invalid-format
 */
export function offsetOf(text: string): number {
  return offsetSeconds(matchTime(text)[8] ?? "Z");
}

/** Does the text have the form of a time? Says nothing of its being a day that exists. */
export function looksLikeTime(text: string): boolean {
  return text.length <= 128 && TIME.test(text);
}
