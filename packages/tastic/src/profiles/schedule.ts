/**
 * When a command of a profile is to run, in words that cron and systemd can both be told: "hourly", "every 4 hours",
 * "daily 03:00", "mon-fri 18:30", "sun 04:00", "monthly 1 05:00".
 */
import { profileError } from "./profile-error.js";
import type { ProfilePlace } from "./profile-error.js";

export interface Schedule {
  /** As it was written. */
  readonly words: string;
  /** The five fields of a crontab. */
  readonly cron: string;
  /** What systemd calls OnCalendar. */
  readonly calendar: string;
}

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const GUIDANCE =
  'Write "hourly", "every 4 hours", "daily 03:00", "mon-fri 18:30", "mon,thu 03:00" or "monthly 1 05:00".';

/** @throws TasticError invalid-argument for words that mean nothing */
export function parseSchedule(place: ProfilePlace, given: string): Schedule {
  const words = given.trim().toLowerCase().replace(/\s+/g, " ");
  const times = timesOf(words);
  if (times === undefined) throw profileError(place, "this is no schedule", GUIDANCE);
  return { words, ...times };
}

function timesOf(words: string): Omit<Schedule, "words"> | undefined {
  if (words === "hourly") return { cron: "0 * * * *", calendar: "*-*-* *:00:00" };
  const [, every] = /^every (\d+) hours$/.exec(words) ?? [];
  if (every !== undefined) {
    const hours = Number(every);
    // Otherwise the last stretch of a day would be shorter than the others.
    if (hours === 0 || 24 % hours !== 0) return undefined;
    return { cron: `0 */${hours} * * *`, calendar: `*-*-* 00/${hours}:00:00` };
  }
  const [, day, clock] = /^(.+?) (?:at )?(\d{1,2}:\d{2})$/.exec(words) ?? [];
  const [hour = 24, minute = 60] = (clock ?? "").split(":").map(Number);
  if (day === undefined || hour > 23 || minute > 59) return undefined;
  const time = `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}:00`;
  if (day === "daily") return { cron: `${minute} ${hour} * * *`, calendar: `*-*-* ${time}` };
  const [, ofMonth] = /^monthly (\d{1,2})$/.exec(day) ?? [];
  if (ofMonth !== undefined) {
    const number = Number(ofMonth);
    // Not every month has the days after.
    if (number < 1 || number > 28) return undefined;
    return {
      cron: `${minute} ${hour} ${number} * *`,
      calendar: `*-*-${String(number).padStart(2, "0")} ${time}`,
    };
  }
  const days = daysOf(day);
  if (days === undefined) return undefined;
  const names = days.map((at) => `${DAYS[at]!.charAt(0).toUpperCase()}${DAYS[at]!.slice(1)}`);
  return { cron: `${minute} ${hour} * * ${days.join(",")}`, calendar: `${names.join(",")} *-*-* ${time}` };
}

/** Days of the week by number, from "mon,wed" or "mon-fri". */
function daysOf(text: string): number[] | undefined {
  const days = new Set<number>();
  for (const part of text.split(/, ?/)) {
    const [from = -1, to = from, ...more] = part.split("-").map((word) => DAYS.indexOf(word));
    if (from === -1 || to === -1 || more.length > 0) return undefined;
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return [...days].sort((a, b) => a - b);
}
