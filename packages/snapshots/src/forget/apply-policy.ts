/**
 * Which snapshots of a group a policy keeps, and why (restic's manual, "Removing snapshots according to a policy"). No
 * input or output: what is decided here can be tested, and shown before anything is removed.
 */
import { parseTime } from "@tastic/format";
import { formatCalendarDuration } from "../durations.js";
import { hasTags } from "../snapshot-filter.js";
import type { StoredSnapshot } from "../stored-snapshot.js";
import { isDuration, KEEP_COUNTERS, PERIODS } from "./keep-policy.js";
import type { KeepCount, KeepCounter, KeepPolicy } from "./keep-policy.js";
import { periodOf, timeBefore } from "./periods.js";

/** Why a snapshot is kept. */
export interface KeepReason<S = StoredSnapshot> {
  readonly snapshot: S;
  /** "last snapshot", "oldest daily snapshot", "hourly within 2d", "within 1m", "has tags [a, b]". */
  readonly matches: readonly string[];
  /** How many more each counter could have kept after this snapshot. */
  readonly counters: Readonly<Record<KeepCounter, KeepCount>>;
}

/** All of them newest first. */
export interface PolicyResult<S = StoredSnapshot> {
  readonly keep: readonly S[];
  readonly remove: readonly S[];
  /** One for each of `keep`. */
  readonly reasons: readonly KeepReason<S>[];
}

/** What a policy looks at. */
export type DatedSnapshot = Pick<StoredSnapshot, "time" | "tags">;

/** Of a year in which no snapshot was made: where all snapshots are of the future, nothing is older. */
const BEFORE_ALL = "0001-01-01T00:00:00Z";

/** The time that durations count back from: of the newest snapshot, but a time in the future is a mistake. */
function newestTime(newestFirst: readonly DatedSnapshot[], now: bigint): string {
  return newestFirst.find(({ time }) => parseTime(time) < now)?.time ?? BEFORE_ALL;
}

/** Tells of each snapshot, newest first, whether this part of the policy keeps it: why, or undefined. */
type Rule = (snapshot: DatedSnapshot, at: number, isOldest: boolean) => string | undefined;

/**
 * Is the snapshot the newest of its period? The oldest of all is taken, too, while there is room, so that history
 * reaches back as far as it can.
 */
function newestOfPeriod(reason: string, valueOf: (snapshot: DatedSnapshot, at: number) => number): Rule {
  let last: number | undefined;
  return (snapshot, at, isOldest) => {
    const value = valueOf(snapshot, at);
    if (value === last) return isOldest ? `oldest ${reason}` : undefined;
    last = value;
    return reason;
  };
}

/** Counts down what is left of `remaining[counter]`. */
function countedRule(counter: KeepCounter, remaining: Record<KeepCounter, KeepCount>): Rule {
  const rule = newestOfPeriod(`${counter} snapshot`, ({ time }, at) =>
    counter === "last" ? at : periodOf(time, counter),
  );
  return (...args) => {
    const left = remaining[counter];
    if (left === 0) return undefined;
    const match = rule(...args);
    if (match !== undefined && left !== "unlimited") remaining[counter] = left - 1;
    return match;
  };
}

/** `rule` for snapshots after `limit`; it does not see others. */
function after(limit: bigint, rule: Rule): Rule {
  return (snapshot, ...rest) => (parseTime(snapshot.time) > limit ? rule(snapshot, ...rest) : undefined);
}

/** In the order of their reasons. */
function rulesOf(
  { within, withinEach = {}, tags = [] }: KeepPolicy,
  newest: string,
  remaining: Record<KeepCounter, KeepCount>,
): Rule[] {
  const rules: Rule[] = tags.map((list) => {
    return (snapshot) => (hasTags(snapshot.tags ?? [], list) ? `has tags [${list.join(", ")}]` : undefined);
  });
  if (isDuration(within)) {
    rules.push(after(timeBefore(newest, within), () => `within ${formatCalendarDuration(within)}`));
  }
  for (const counter of KEEP_COUNTERS) rules.push(countedRule(counter, remaining));
  for (const period of PERIODS) {
    const duration = withinEach[period];
    if (!isDuration(duration)) continue;
    const reason = `${period} within ${formatCalendarDuration(duration)}`;
    rules.push(
      after(
        timeBefore(newest, duration),
        newestOfPeriod(reason, ({ time }) => periodOf(time, period)),
      ),
    );
  }
  return rules;
}

/**
 * Divides the snapshots of a group. An empty policy keeps none of them.
 * @param snapshots in any order; those of the same time stay in the order given
 * @param now nanoseconds since 1970: durations do not count back from later snapshots
 */
export function applyPolicy<S extends DatedSnapshot>(
  snapshots: readonly S[],
  policy: KeepPolicy,
  now: bigint = BigInt(Date.now()) * 1_000_000n,
): PolicyResult<S> {
  const newestFirst = snapshots
    .map((snapshot) => ({ snapshot, time: parseTime(snapshot.time) }))
    .sort((a, b) => (a.time === b.time ? 0 : a.time > b.time ? -1 : 1))
    .map(({ snapshot }) => snapshot);
  const { last = 0, hourly = 0, daily = 0, weekly = 0, monthly = 0, yearly = 0 } = policy.counts ?? {};
  const remaining = { last, hourly, daily, weekly, monthly, yearly };
  const rules = rulesOf(policy, newestTime(newestFirst, now), remaining);
  const result = { keep: [] as S[], remove: [] as S[], reasons: [] as KeepReason<S>[] };
  for (const [at, snapshot] of newestFirst.entries()) {
    const isOldest = at === newestFirst.length - 1;
    const matches = rules.map((rule) => rule(snapshot, at, isOldest)).filter((match) => match !== undefined);
    if (matches.length === 0) {
      result.remove.push(snapshot);
    } else {
      result.keep.push(snapshot);
      result.reasons.push({ snapshot, matches, counters: { ...remaining } });
    }
  }
  return result;
}
