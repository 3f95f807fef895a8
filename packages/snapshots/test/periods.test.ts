import { parseTime } from "@tastic/format";
import { forgetLocalOffsets } from "../../format/dist/local-offset.js";
import { afterEach, expect, test } from "vitest";
import { periodOf, timeBefore } from "../dist/forget/periods.js";
import { parseCalendarDuration } from "../dist/durations.js";

const localZone = process.env["TZ"];

function setZone(zone: string | undefined): void {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
  forgetLocalOffsets();
}

afterEach(() => setZone(localZone));

test.each([
  ["2024-03-31T12:00:00Z", "1m", "2024-03-02T12:00:00Z"],
  ["2023-03-31T12:00:00Z", "1m", "2023-03-03T12:00:00Z"],
  ["2024-02-29T12:00:00Z", "1y", "2023-03-01T12:00:00Z"],
  ["2024-02-29T12:00:00Z", "4y", "2020-02-29T12:00:00Z"],
  ["2024-01-15T12:00:00Z", "13m", "2022-12-15T12:00:00Z"],
  ["2024-01-15T12:00:00Z", "25m40d", "2021-11-05T12:00:00Z"],
  ["2024-03-01T00:00:00.123456789Z", "1d25h", "2024-02-27T23:00:00.123456789Z"],
  ["1970-01-01T00:00:00.5+01:00", "1h", "1969-12-31T22:00:00.5Z"],
  ["2024-03-01T00:30:00+05:45", "1m", "2024-02-01T00:30:00+05:45"],
  ["0001-01-01T00:00:00Z", "1d", "0000-12-31T00:00:00Z"],
])("%s less %s is %s", (time, duration, expected) => {
  setZone("UTC");
  expect(timeBefore(time, parseCalendarDuration(duration))).toBe(parseTime(expected));
});

test("the years before the first are no limit, nor are any number of hours", () => {
  const limit = parseTime("0000-01-01T00:00:00Z");
  expect(timeBefore("2024-01-01T00:00:00Z", parseCalendarDuration("9999y"))).toBeLessThan(limit);
  expect(timeBefore("2024-01-01T00:00:00Z", parseCalendarDuration("99999999h"))).toBeLessThan(limit);
  expect(timeBefore("2024-01-01T00:00:00Z", parseCalendarDuration("999999999999y"))).toBeLessThan(limit);
});

test.each([
  // Winter and summer: the clock shows noon on both days where it is ours.
  ["Europe/Berlin", "2024-07-01T12:00:00+02:00", "6m", "2024-01-01T12:00:00+01:00"],
  ["Europe/Berlin", "2024-07-01T12:00:00+03:00", "6m", "2024-01-01T12:00:00+03:00"],
  ["UTC", "2024-07-01T12:00:00+02:00", "6m", "2024-01-01T12:00:00+02:00"],
  // UTC stays UTC, even where it is the local time of winter.
  ["Europe/London", "2024-01-01T12:00:00Z", "6m", "2023-07-01T12:00:00Z"],
  ["Europe/London", "2024-07-01T12:00:00+01:00", "6m", "2024-01-01T12:00:00Z"],
  // Half past two is skipped on that day.
  ["Europe/Berlin", "2024-04-30T02:30:00+02:00", "30d", "2024-03-31T03:30:00+02:00"],
])("in %s, %s less %s is %s", (zone, time, duration, expected) => {
  setZone(zone);
  expect(timeBefore(time, parseCalendarDuration(duration))).toBe(parseTime(expected));
});

test.each([
  ["hourly", "2024-01-01T10:59:59.9Z", "2024-01-01T10:00:00+09:00", "2024-01-01T11:00:00Z"],
  ["daily", "2024-01-01T23:59:59-05:00", "2024-01-01T00:00:00+14:00", "2024-01-02T00:00:00-05:00"],
  ["weekly", "2024-12-30T00:00:00Z", "2025-01-05T23:59:59Z", "2025-01-06T00:00:00Z"],
  ["weekly", "1969-12-29T00:00:00Z", "1970-01-04T23:59:59Z", "1970-01-05T00:00:00Z"],
  ["monthly", "2024-02-29T23:59:59Z", "2024-02-01T00:00:00Z", "2023-02-01T00:00:00Z"],
  ["yearly", "2024-12-31T23:59:59+01:00", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00+01:00"],
] as const)("%s: %s is with %s, not with %s", (period, one, same, other) => {
  expect(periodOf(one, period)).toBe(periodOf(same, period));
  expect(periodOf(one, period)).not.toBe(periodOf(other, period));
});
