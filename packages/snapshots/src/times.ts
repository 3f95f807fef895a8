/**
 * Times as users give them and as people read them: `--time "2006-01-02 15:04:05"`, and "1:02:03".
 */
import { TasticError } from "@tastic/errors";
import { daysFromDate, daysInMonth, localOffset, SECONDS_PER_DAY } from "@tastic/format";

const TIME = /^(\d{4})-(\d\d)-(\d\d) +(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?$/;

/** Which part of the time does not exist, if any. */
function outOfRange(parts: readonly number[]): string | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (month < 1 || month > 12) return "month";
  if (day < 1 || day > daysInMonth(year, month)) return "day";
  if (hour > 23) return "hour";
  if (minute > 59) return "minute";
  return second > 59 ? "second" : undefined;
}

/**
 * A time of the local time zone as nanoseconds since 1970-01-01T00:00:00Z. Takes what restic takes: no other form, no
 * zone, but a fraction of the second. A time that the clocks skip or repeat is read as Go reads it.
 * @throws TasticError invalid-argument
 */
export function parseLocalTime(text: string): bigint {
  const match = text.length > 128 ? null : TIME.exec(text);
  const parts = (match ?? []).slice(1, 7).map(Number);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const bad = match === null ? undefined : outOfRange(parts);
  if (match === null || bad !== undefined) {
    const reason = bad === undefined ? "is not a time" : `is not a time: the ${bad} is out of range`;
    throw new TasticError("invalid-argument", `error in time option: ${JSON.stringify(text)} ${reason}`, {
      guidance: "Give a local time such as 2012-11-01 22:08:41.",
    });
  }
  const local = daysFromDate(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
  // The offset that holds at the instant the first guess leads to.
  const seconds = local - localOffset(local - localOffset(local));
  const nanoseconds = (match[7] ?? "").slice(0, 9).padEnd(9, "0");
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}

/** Seconds as "m:ss", or "h:mm:ss" from an hour on. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, two(whole % 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}
