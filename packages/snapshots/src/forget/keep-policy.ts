/**
 * Which snapshots to keep, as a user states it: the `--keep-*` options (restic's manual, "Removing snapshots according
 * to a policy").
 */
import { TasticError } from "@tastic/errors";
import { formatCalendarDuration } from "../durations.js";
import type { CalendarDuration } from "../durations.js";

/** From the shortest on; also the order of reasons. */
export const PERIODS = ["hourly", "daily", "weekly", "monthly", "yearly"] as const;
/** Spans of time of which a policy keeps the newest snapshot. */
export type Period = (typeof PERIODS)[number];

/** What snapshots are counted by. */
export const KEEP_COUNTERS = ["last", ...PERIODS] as const;
/** What a policy counts snapshots by; `last` counts each. */
export type KeepCounter = (typeof KEEP_COUNTERS)[number];

/** A whole number, 0 for none. */
export type KeepCount = number | "unlimited";

/** What any part of the policy keeps is kept. An empty policy keeps nothing. */
export interface KeepPolicy {
  /** The newest n snapshots; the newest of each of the n newest hours, days, … that have any. */
  readonly counts?: Readonly<Partial<Record<KeepCounter, KeepCount>>>;
  /** All that are newer than this, counted back from the newest snapshot. A duration of zero says nothing. */
  readonly within?: CalendarDuration | undefined;
  /** The newest of each hour, day, …, if it is newer than this. */
  readonly withinEach?: Readonly<Partial<Record<Period, CalendarDuration>>>;
  /** All that have all tags of one of these lists. The empty tag stands for having none. */
  readonly tags?: readonly (readonly string[])[];
}

/** Does the duration say anything? */
export function isDuration(duration: CalendarDuration | undefined): duration is CalendarDuration {
  return duration !== undefined && formatCalendarDuration(duration) !== "";
}

/** Does the policy keep nothing, whatever there is? */
export function isEmptyPolicy({ counts = {}, within, withinEach = {}, tags = [] }: KeepPolicy): boolean {
  const isCounted = KEEP_COUNTERS.some((counter) => (counts[counter] ?? 0) !== 0);
  const isTimed = isDuration(within) || PERIODS.some((period) => isDuration(withinEach[period]));
  return !isCounted && !isTimed && tags.length === 0;
}

/**
 * Refuses what would keep less than was meant.
 * @throws TasticError invalid-argument
 */
export function checkPolicy({ counts = {}, within, withinEach = {} }: KeepPolicy): void {
  for (const count of Object.values(counts)) {
    if (count === "unlimited" || (Number.isSafeInteger(count) && count >= 0)) continue;
    throw new TasticError(
      "invalid-argument",
      `${count} is not a number of snapshots that --keep-* could keep`,
      {
        guidance: 'Give a whole number, or "unlimited".',
      },
    );
  }
  for (const duration of [within, ...Object.values(withinEach)]) {
    if (duration === undefined || Object.values(duration).every((part: number) => part >= 0)) continue;
    throw new TasticError(
      "invalid-argument",
      "durations containing negative values are not allowed for --keep-within*",
      { guidance: "Give how far back to keep snapshots, such as 1y5m7d2h." },
    );
  }
}

/** The policy in restic's words: "keep 3 latest, all daily snapshots and all snapshots with tags [[a, b] [c]]". */
export function describePolicy({ counts = {}, within, withinEach = {}, tags = [] }: KeepPolicy): string {
  const counted = KEEP_COUNTERS.flatMap((counter) => {
    const count = counts[counter] ?? 0;
    if (count === 0) return [];
    return `${count === "unlimited" ? "all" : count} ${counter === "last" ? "latest" : counter}`;
  });
  const timed = PERIODS.flatMap((period) => {
    const duration = withinEach[period];
    return isDuration(duration) ? `${period} snapshots within ${formatCalendarDuration(duration)}` : [];
  });
  const main = [...(counted.length > 0 ? [`${counted.join(", ")} snapshots`] : []), ...timed].join(", ");
  const tagLists = tags.map((list) => `[${list.join(", ")}]`).join(" ");
  const parts = [
    ...(main === "" ? [] : [main]),
    ...(tags.length > 0 ? [`all snapshots with tags [${tagLists}]`] : []),
    ...(isDuration(within) ? [`all snapshots within ${formatCalendarDuration(within)} of the newest`] : []),
  ];
  return parts.length === 0 ? "remove" : `keep ${parts.join(" and ")}`;
}
