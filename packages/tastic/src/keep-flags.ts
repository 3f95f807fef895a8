/**
 * The flags that say which snapshots to keep, and the policy that they make together.
 */
import { TasticError } from "@tastic/errors";
import { parseCalendarDuration, parseTagList } from "@tastic/snapshots";
import type { CalendarDuration, KeepCount, KeepPolicy } from "@tastic/snapshots";
import { list, parsed, readInteger } from "./flags.js";
import type { Flag, FlagValues } from "./flags.js";

export const keepFlags = {
  keepLast: keepCount("l", "the last n snapshots"),
  keepHourly: keepCount("H", "the last snapshot of each of the last n hours that have any"),
  keepDaily: keepCount("d", "the last snapshot of each of the last n days that have any"),
  keepWeekly: keepCount("w", "the last snapshot of each of the last n weeks that have any"),
  keepMonthly: keepCount("m", "the last snapshot of each of the last n months that have any"),
  keepYearly: keepCount("y", "the last snapshot of each of the last n years that have any"),
  keepWithin: keepDuration("all snapshots that are newer, counted from the latest, such as 1y5m7d2h"),
  keepWithinHourly: keepDuration("the last snapshot of each hour among those that are newer"),
  keepWithinDaily: keepDuration("the last snapshot of each day among those that are newer"),
  keepWithinWeekly: keepDuration("the last snapshot of each week among those that are newer"),
  keepWithinMonthly: keepDuration("the last snapshot of each month among those that are newer"),
  keepWithinYearly: keepDuration("the last snapshot of each year among those that are newer"),
  keepTag: list("taglist", "keep snapshots with all these tags (may be repeated, then any of them)"),
};

export function policyOf(flags: FlagValues<typeof keepFlags>): KeepPolicy {
  return {
    counts: {
      last: flags.keepLast,
      hourly: flags.keepHourly,
      daily: flags.keepDaily,
      weekly: flags.keepWeekly,
      monthly: flags.keepMonthly,
      yearly: flags.keepYearly,
    },
    within: flags.keepWithin,
    withinEach: {
      hourly: flags.keepWithinHourly,
      daily: flags.keepWithinDaily,
      weekly: flags.keepWithinWeekly,
      monthly: flags.keepWithinMonthly,
      yearly: flags.keepWithinYearly,
    },
    tags: flags.keepTag.map(parseTagList),
  };
}

function keepCount(short: string, what: string): Flag<KeepCount> {
  return parsed<KeepCount>("n", `keep ${what} (or "unlimited")`, 0, readKeepCount, { short });
}

function readKeepCount(given: string): KeepCount {
  if (given === "unlimited") return given;
  const count = readInteger(given);
  if (count >= 0) return count;
  throw new TasticError("invalid-argument", "negative values not allowed, use 'unlimited' instead");
}

function keepDuration(what: string): Flag<CalendarDuration> {
  const none: CalendarDuration = { years: 0, months: 0, days: 0, hours: 0 };
  return parsed("duration", `keep ${what}`, none, readDuration);
}

/** An error states only the reason, as the flag and its value are named around it. */
function readDuration(given: string): CalendarDuration {
  try {
    return parseCalendarDuration(given);
  } catch (cause) {
    if (!(cause instanceof TasticError) || typeof cause.data["reason"] !== "string") throw cause;
    throw new TasticError(cause.code, cause.data["reason"], { guidance: cause.guidance ?? "", cause });
  }
}
