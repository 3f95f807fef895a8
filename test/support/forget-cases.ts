/** Snapshots and retention policies by chance, for holding tastic's `forget` against restic's. */
import fc from "fast-check";
import type { BlobId, Snapshot } from "@tastic/format";
import type { CalendarDuration, KeepCount, KeepPolicy, SnapshotFilter } from "@tastic/snapshots";

/** What `forget` may be asked. */
export interface ForgetCase {
  readonly policy: KeepPolicy;
  readonly groupBy: string;
  readonly filter: SnapshotFilter;
  readonly allowRemoveAll: boolean;
}

const HOSTS = ["alpha", "beta", "gamma"];
const TAGS = ["foo", "bar", "two words"];
const PATHS = ["/a", "/b", "/srv/data"];
/** Some far from any local zone, some that agree with one at times. */
const OFFSETS = [0, 60, 120, -300, -240, 345, 630, 660, 840, -720];

const MINUTE = 60_000;
/** Neither of today nor of tomorrow, so that a test means the same whenever it runs. */
const NEWEST = Date.UTC(2024, 6, 3, 1, 10);

/** RFC 3339 with an offset in minutes, and a fraction of a second at times. */
function stamp(milliseconds: number, offset: number): string {
  const local = new Date(milliseconds + offset * MINUTE).toISOString();
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
  return local.replace(/\.000Z$/, "Z").replace("Z", offset === 0 ? "Z" : zone);
}

/** So many snapshots of different times, going back some years by steps of minutes to months; the first ones in 2100. */
export function randomSnapshots(count: number): fc.Arbitrary<Snapshot[]> {
  const step = fc.oneof(
    fc.integer({ min: 1, max: 50 * MINUTE }),
    fc.integer({ min: 1, max: 600 }).map((minutes) => minutes * MINUTE),
    fc.integer({ min: 1, max: 14 * 24 }).map((hours) => hours * 60 * MINUTE),
    fc.integer({ min: 1, max: 100 }).map((days) => days * 24 * 60 * MINUTE),
  );
  const fields = fc.record({
    step,
    offset: fc.constantFrom(...OFFSETS),
    hostname: fc.constantFrom(...HOSTS),
    tags: fc.oneof(fc.constant([]), fc.uniqueArray(fc.constantFrom(...TAGS), { maxLength: 3 })),
    paths: fc.uniqueArray(fc.constantFrom(...PATHS), { minLength: 1, maxLength: 2 }),
  });
  return fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.array(fields, { minLength: count, maxLength: count }))
    .map(([future, all]) => {
      let time = NEWEST;
      return all.map(({ step: back, offset, hostname, tags, paths }, at): Snapshot => {
        time -= back;
        const milliseconds = at < future ? Date.UTC(2100, 0, 1 + at, 5) : time;
        const tree = "ab".repeat(32) as BlobId;
        return { time: stamp(milliseconds, offset), tree, paths, hostname, tags };
      });
    });
}

const keepCount: fc.Arbitrary<KeepCount> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 12 }) },
  { weight: 1, arbitrary: fc.constant(300) },
  { weight: 1, arbitrary: fc.constant("unlimited" as const) },
);
const duration: fc.Arbitrary<CalendarDuration> = fc.record({
  years: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    fc.integer({ min: 0, max: 3 }),
    fc.constant(9999),
  ),
  months: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 })),
  days: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100 })),
  hours: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100 })),
});
const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const tagList = fc.uniqueArray(fc.constantFrom(...TAGS, "unheard of", ""), { minLength: 1, maxLength: 2 });

const policy: fc.Arbitrary<KeepPolicy> = fc
  .record({
    counts: fc.record(
      byName(["last", "hourly", "daily", "weekly", "monthly", "yearly"], sometimes(keepCount)),
    ),
    within: sometimes(duration),
    withinEach: fc.record(byName(["hourly", "daily", "weekly", "monthly", "yearly"], sometimes(duration))),
    tags: fc.oneof(fc.constant([]), fc.array(tagList, { maxLength: 2 })),
  })
  .map(({ counts, withinEach, ...rest }) => ({
    ...rest,
    counts: withoutUndefined(counts),
    withinEach: withoutUndefined(withinEach),
  }));

const filter: fc.Arbitrary<SnapshotFilter> = fc.record({
  hosts: fc.uniqueArray(fc.constantFrom(...HOSTS, "nobody"), { minLength: 1, maxLength: 2 }),
  tags: fc.array(tagList, { maxLength: 1 }),
  paths: fc.uniqueArray(fc.constantFrom(...PATHS), { maxLength: 1 }),
});

export const randomForget: fc.Arbitrary<ForgetCase> = fc.record({
  policy,
  groupBy: fc.constantFrom("", "host", "paths", "tags", "host,paths", "host,tags", "host,paths,tags"),
  filter: fc.oneof(
    { weight: 3, arbitrary: fc.constant({ hosts: [], tags: [], paths: [] }) },
    { weight: 1, arbitrary: filter },
  ),
  allowRemoveAll: fc.boolean(),
});

/** The same on restic's command line. */
export function forgetArgs({ policy: keep, groupBy, filter: only, allowRemoveAll }: ForgetCase): string[] {
  const { counts = {}, withinEach = {}, within, tags = [] } = keep;
  const span = ({ years, months, days, hours }: CalendarDuration): string =>
    `${years}y${months}m${days}d${hours}h`;
  return [
    ...Object.entries(counts).map(([counter, count]) => `--keep-${counter}=${count}`),
    ...Object.entries(withinEach).map(([period, each]) => `--keep-within-${period}=${span(each)}`),
    ...(within === undefined ? [] : [`--keep-within=${span(within)}`]),
    ...tags.map((list) => `--keep-tag=${list.join(",")}`),
    `--group-by=${groupBy}`,
    ...only.hosts.map((host) => `--host=${host}`),
    ...only.tags.map((list) => `--tag=${list.join(",")}`),
    ...only.paths.map((path) => `--path=${path}`),
    ...(allowRemoveAll ? ["--unsafe-allow-remove-all"] : []),
  ];
}

function byName<K extends string, T>(names: readonly K[], value: T): Record<K, T> {
  return Object.fromEntries(names.map((name) => [name, value])) as Record<K, T>;
}

function withoutUndefined<T>(values: Readonly<Record<string, T | undefined>>): Record<string, T> {
  const given = Object.entries(values).filter((entry): entry is [string, T] => entry[1] !== undefined);
  return Object.fromEntries(given);
}
