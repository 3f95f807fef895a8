/**
 * Hours, days, weeks, months and years of snapshots, as the clock stood where each was made: a snapshot's time is stored
 * with its time zone (restic's manual, "Removing snapshots according to a policy").
 */
import {
  dateFromDays,
  daysFromDate,
  localOffset,
  offsetOf,
  parseTime,
  SECONDS_PER_DAY,
} from "@tastic/format";
import type { CalendarDuration } from "../durations.js";
import type { Period } from "./keep-policy.js";

const NANOSECONDS = 1_000_000_000n;
const NANOSECONDS_PER_HOUR = 3600n * NANOSECONDS;

/** What a clock with a calendar showed. */
interface ClockTime {
  /** Since 1970-01-01 on that calendar. */
  readonly days: number;
  readonly secondOfDay: number;
  /** Of a second. */
  readonly nanoseconds: bigint;
}

function clockTime(time: string): ClockTime {
  const total = parseTime(time);
  const nanoseconds = ((total % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  const seconds = Number((total - nanoseconds) / NANOSECONDS) + offsetOf(time);
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  return { days, secondOfDay: seconds - days * SECONDS_PER_DAY, nanoseconds };
}

const NUMBERS: Readonly<Record<Period, (clock: ClockTime) => number>> = {
  hourly: ({ days, secondOfDay }) => days * 24 + Math.floor(secondOfDay / 3600),
  daily: ({ days }) => days,
  // From Monday on, as in ISO 8601; 1970-01-01 was a Thursday.
  weekly: ({ days }) => Math.floor((days + 3) / 7),
  monthly: ({ days }) => {
    const { year, month } = dateFromDays(days);
    return year * 12 + month;
  },
  yearly: ({ days }) => dateFromDays(days).year,
};

/**
 * A number that stands for the hour, day, … that a time belongs to, and for no other.
 * @param time RFC 3339
 */
export function periodOf(time: string, period: Period): number {
  return NUMBERS[period](clockTime(time));
}

/**
 * The instant that lies a duration before a time. Years, months and days are counted on the calendar, and a day that
 * does not exist runs on into the next month, as in Go's `AddDate`: a month before 31 March is 3 March, or 2 March in a
 * leap year. The clock shows the same time of day then, also across a change to summer time if the zone is ours.
 * @param time RFC 3339
 * @returns nanoseconds since 1970-01-01T00:00:00Z
 */
export function timeBefore(time: string, duration: CalendarDuration): bigint {
  const { days, secondOfDay, nanoseconds } = clockTime(time);
  const { year, month, day } = dateFromDays(days);
  const months = (year - duration.years) * 12 + (month - 1) - duration.months;
  const earlier = daysFromDate(Math.floor(months / 12), (((months % 12) + 12) % 12) + 1, day - duration.days);
  const clock = earlier * SECONDS_PER_DAY + secondOfDay;
  const seconds = BigInt(clock - offsetAt(clock, time));
  return seconds * NANOSECONDS + nanoseconds - BigInt(duration.hours) * NANOSECONDS_PER_HOUR;
}

/**
 * How far the clock of `time` is ahead of UTC when it shows `clock` seconds. All that a time tells of its zone is an
 * offset; Go takes it for that of the local zone where they agree, unless it is UTC's.
 */
function offsetAt(clock: number, time: string): number {
  const offset = offsetOf(time);
  const { days, secondOfDay } = clockTime(time);
  const isLocal = localOffset(days * SECONDS_PER_DAY + secondOfDay - offset) === offset;
  return time.endsWith("Z") || !isLocal ? offset : localOffset(clock - localOffset(clock));
}
