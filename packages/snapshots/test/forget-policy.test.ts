import fc from "fast-check";
import { expect, test } from "vitest";
import {
  applyPolicy,
  checkPolicy,
  describePolicy,
  isEmptyPolicy,
  parseCalendarDuration as span,
} from "../dist/index.js";
import type { DatedSnapshot, KeepPolicy } from "../dist/index.js";

const NOW = BigInt(Date.UTC(2025, 0, 1)) * 1_000_000n;

/** Snapshots of these times, without tags. */
const at = (...times: string[]): DatedSnapshot[] => times.map((time) => ({ time }));

/** Time and reasons of what is kept. */
function kept(snapshots: readonly DatedSnapshot[], policy: KeepPolicy): Record<string, string> {
  const { reasons } = applyPolicy(snapshots, policy, NOW);
  return Object.fromEntries(reasons.map(({ snapshot, matches }) => [snapshot.time, matches.join("; ")]));
}

/** Counters after each snapshot that is kept. */
function counters(
  snapshots: readonly DatedSnapshot[],
  policy: KeepPolicy,
  name: "last" | "daily",
): unknown[] {
  return applyPolicy(snapshots, policy, NOW).reasons.map((reason) => reason.counters[name]);
}

const days = at(
  "2024-03-01T10:00:00Z",
  "2024-03-01T12:00:00Z",
  "2024-03-02T10:00:00Z",
  "2024-03-03T10:00:00Z",
  "2024-03-03T11:00:00Z",
);

test("an empty policy keeps nothing", () => {
  const { keep, remove, reasons } = applyPolicy(days, {}, NOW);
  expect([keep, reasons]).toEqual([[], []]);
  expect(remove.map(({ time }) => time)).toEqual(days.map(({ time }) => time).reverse());
  expect(applyPolicy([], { counts: { last: 3 } }, NOW)).toEqual({ keep: [], remove: [], reasons: [] });
});

test("the last n are the newest n", () => {
  expect(kept(days, { counts: { last: 2 } })).toEqual({
    "2024-03-03T11:00:00Z": "last snapshot",
    "2024-03-03T10:00:00Z": "last snapshot",
  });
  expect(counters(days, { counts: { last: 2 } }, "last")).toEqual([1, 0]);
  expect(Object.keys(kept(days, { counts: { last: "unlimited" } }))).toHaveLength(5);
  expect(counters(days, { counts: { last: "unlimited" } }, "last")).toEqual(Array(5).fill("unlimited"));
});

test("of each day the newest is kept, and the oldest of all while there is room", () => {
  expect(kept(days, { counts: { daily: 2 } })).toEqual({
    "2024-03-03T11:00:00Z": "daily snapshot",
    "2024-03-02T10:00:00Z": "daily snapshot",
  });
  expect(kept(days, { counts: { daily: 4 } })).toEqual({
    "2024-03-03T11:00:00Z": "daily snapshot",
    "2024-03-02T10:00:00Z": "daily snapshot",
    "2024-03-01T12:00:00Z": "daily snapshot",
    "2024-03-01T10:00:00Z": "oldest daily snapshot",
  });
  expect(counters(days, { counts: { daily: 4 } }, "daily")).toEqual([3, 2, 1, 0]);
  // Three days use up three.
  expect(Object.keys(kept(days, { counts: { daily: 3 } }))).not.toContain("2024-03-01T10:00:00Z");
});

test("reasons add up, in restic's order", () => {
  const policy: KeepPolicy = {
    counts: { last: 1, hourly: 1, daily: 1, weekly: 1, monthly: 1, yearly: 1 },
    within: span("1h"),
    withinEach: {
      hourly: span("1d"),
      daily: span("2d"),
      weekly: span("7d"),
      monthly: span("1m"),
      yearly: span("1y"),
    },
    tags: [["a", "b"], ["a"]],
  };
  expect(kept([{ time: "2024-03-03T11:00:00Z", tags: ["b", "a"] }], policy)).toEqual({
    "2024-03-03T11:00:00Z": [
      "has tags [a, b]",
      "has tags [a]",
      "within 1h",
      "last snapshot",
      "hourly snapshot",
      "daily snapshot",
      "weekly snapshot",
      "monthly snapshot",
      "yearly snapshot",
      "hourly within 1d",
      "daily within 2d",
      "weekly within 7d",
      "monthly within 1m",
      "yearly within 1y",
    ].join("; "),
  });
});

test("tags keep what has all of a list; the empty tag what has none", () => {
  const snapshots: DatedSnapshot[] = [
    { time: "2024-01-01T00:00:00Z", tags: ["a"] },
    { time: "2024-01-02T00:00:00Z", tags: ["a", "b"] },
    { time: "2024-01-03T00:00:00Z" },
  ];
  const times = (tags: string[][]): string[] => Object.keys(kept(snapshots, { tags }));
  expect(times([["a"]])).toEqual(["2024-01-02T00:00:00Z", "2024-01-01T00:00:00Z"]);
  expect(times([["a", "b"]])).toEqual(["2024-01-02T00:00:00Z"]);
  expect(times([["b"], [""]])).toEqual(["2024-01-03T00:00:00Z", "2024-01-02T00:00:00Z"]);
});

test("durations count from the newest snapshot, and what is as old as them is too old", () => {
  expect(kept(days, { within: span("1d") })).toEqual({
    "2024-03-03T11:00:00Z": "within 1d",
    "2024-03-03T10:00:00Z": "within 1d",
  });
  expect(Object.keys(kept(days, { within: span("1d1h") }))).not.toContain("2024-03-02T10:00:00Z");
  expect(Object.keys(kept(days, { within: span("1d2h") }))).toContain("2024-03-02T10:00:00Z");
  expect(kept(days, { withinEach: { daily: span("1m") } })).toEqual({
    "2024-03-03T11:00:00Z": "daily within 1m",
    "2024-03-02T10:00:00Z": "daily within 1m",
    "2024-03-01T12:00:00Z": "daily within 1m",
    "2024-03-01T10:00:00Z": "oldest daily within 1m",
  });
});

test("durations do not count from a snapshot of the future", () => {
  const future = "2222-01-01T00:00:00Z";
  expect(Object.keys(kept([...days, { time: future }], { within: span("1d") }))).toEqual([
    future,
    "2024-03-03T11:00:00Z",
    "2024-03-03T10:00:00Z",
  ]);
  expect(Object.keys(kept(at(future), { within: span("1h") }))).toEqual([future]);
});

test("a snapshot belongs to the day, week and year of the clock where it was made", () => {
  const noon = at("2023-12-31T23:30:00Z", "2024-01-01T00:30:00+01:00");
  expect(Object.keys(kept(noon, { counts: { yearly: 1 } }))).toEqual(["2023-12-31T23:30:00Z"]);
  expect(kept(noon, { counts: { yearly: 2 } })).toEqual({
    "2023-12-31T23:30:00Z": "yearly snapshot",
    "2024-01-01T00:30:00+01:00": "yearly snapshot",
  });
  // The same hour on clocks that are an hour apart.
  expect(
    Object.keys(kept(at("2024-01-01T10:30:00+01:00", "2024-01-01T10:20:00Z"), { counts: { hourly: 1 } })),
  ).toEqual(["2024-01-01T10:20:00Z"]);
});

test("weeks begin on Monday, also across the new year", () => {
  const week = [
    "2024-12-29T12:00:00Z",
    "2024-12-30T12:00:00Z",
    "2025-01-05T12:00:00Z",
    "2025-01-06T12:00:00Z",
  ];
  expect(kept([...at("2024-12-01T00:00:00Z"), ...at(...week)], { counts: { weekly: 3 } })).toEqual({
    "2025-01-06T12:00:00Z": "weekly snapshot",
    "2025-01-05T12:00:00Z": "weekly snapshot",
    "2024-12-29T12:00:00Z": "weekly snapshot",
  });
});

test("snapshots of one time stay in the order given", () => {
  const same = ["a", "b", "c"].map((tag) => ({ time: "2024-01-01T00:00:00Z", tags: [tag] }));
  const { keep, remove } = applyPolicy(same, { counts: { last: 2 } }, NOW);
  expect([keep, remove]).toEqual([same.slice(0, 2), same.slice(2)]);
});

test("nothing is lost or doubled, and who keeps more keeps all that was kept before", () => {
  const snapshot = fc
    .integer({ min: Date.UTC(2022, 0, 1), max: Date.UTC(2024, 11, 1) })
    .map((time): DatedSnapshot => ({ time: new Date(time).toISOString() }));
  const counter = fc.constantFrom("last", "hourly", "daily", "weekly", "monthly", "yearly");
  fc.assert(
    fc.property(fc.array(snapshot, { maxLength: 40 }), counter, fc.nat({ max: 30 }), (all, name, count) => {
      const { keep, remove, reasons } = applyPolicy(all, { counts: { [name]: count } }, NOW);
      expect([...keep, ...remove].map(({ time }) => time).sort()).toEqual(all.map(({ time }) => time).sort());
      expect(reasons.map((reason) => reason.snapshot)).toEqual(keep);
      expect(keep.length).toBeLessThanOrEqual(count);
      const more = applyPolicy(all, { counts: { [name]: count + 1 } }, NOW).keep;
      expect(more.slice(0, keep.length)).toEqual(keep);
      if (count > 0 && all.length > 0) expect(keep[0]).toBe([...keep, ...remove].reduce(newer));
    }),
  );
});

const newer = (a: DatedSnapshot, b: DatedSnapshot): DatedSnapshot => (b.time > a.time ? b : a);

test.each<[string, KeepPolicy]>([
  ["remove", {}],
  ["remove", { counts: { last: 0 }, within: span("0h"), withinEach: { daily: span("") }, tags: [] }],
  ["keep 1 latest, all daily snapshots", { counts: { last: 1, daily: "unlimited" } }],
  [
    "keep hourly snapshots within 1d, yearly snapshots within 3y",
    {
      withinEach: { hourly: span("1d"), yearly: span("3y") },
    },
  ],
  ["keep all snapshots with tags [[a, b] [c]]", { tags: [["a", "b"], ["c"]] }],
  [
    "keep 2 weekly snapshots, daily snapshots within 2d and all snapshots with tags [[]] and all snapshots within 1y2m3d4h of the newest",
    { counts: { weekly: 2 }, withinEach: { daily: span("2d") }, tags: [[""]], within: span("1y2m3d4h") },
  ],
])("it is described as %j", (text, policy) => {
  expect(describePolicy(policy)).toBe(text);
  expect(isEmptyPolicy(policy)).toBe(text === "remove");
});

test.each<KeepPolicy>([
  { counts: { last: -1 } },
  { counts: { daily: 1.5 } },
  { counts: { yearly: Number.NaN } },
  { within: span("-3d") },
  { within: span("3y-1h") },
  { withinEach: { weekly: span("-1m") } },
])("it is refused: %j", (policy) => {
  expect(() => checkPolicy(policy)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
});
