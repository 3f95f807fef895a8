import { forgetLocalOffsets, formatTime } from "@tastic/format";
import { afterAll, expect, test } from "vitest";
import { formatDuration, parseLocalTime } from "../dist/times.js";

const before = process.env["TZ"];
function useZone(zone: string | undefined): void {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
  forgetLocalOffsets();
}
afterAll(() => useZone(before));

/** What restic 0.19.1 makes of `--time`, as its snapshots show it. */
test.each([
  ["UTC", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z"],
  ["UTC", "2006-01-02 5:04:05", "2006-01-02T05:04:05Z"],
  ["UTC", "2006-01-02  15:04:05", "2006-01-02T15:04:05Z"],
  ["UTC", "2006-01-02 15:04:05.123", "2006-01-02T15:04:05.123Z"],
  ["UTC", "2006-01-02 15:04:05,5", "2006-01-02T15:04:05.5Z"],
  ["UTC", "0000-01-01 00:00:00", "0000-01-01T00:00:00Z"],
  ["UTC", "9999-12-31 23:59:59", "9999-12-31T23:59:59Z"],
  ["Europe/Berlin", "2021-07-01 12:00:00", "2021-07-01T12:00:00+02:00"],
  // Hours that the clocks skip, and hours that they show twice.
  ["Europe/Berlin", "2021-03-28 02:30:00", "2021-03-28T03:30:00+02:00"],
  ["Europe/Berlin", "2021-10-31 02:30:00", "2021-10-31T02:30:00+01:00"],
  ["America/New_York", "2021-03-14 02:30:00", "2021-03-14T01:30:00-05:00"],
  ["America/New_York", "2021-11-07 01:30:00", "2021-11-07T01:30:00-04:00"],
  ["Europe/Berlin", "1880-01-01 12:00:00", "1880-01-01T12:00:00+00:53"],
])("in %s, %s is %s", (zone, text, expected) => {
  useZone(zone);
  expect(formatTime(parseLocalTime(text))).toBe(expected);
});

test.each([
  ["", /not a time$/],
  ["now", /not a time$/],
  ["2006-01-02", /not a time$/],
  ["2006-01-02 15:04", /not a time$/],
  ["2006-01-02T15:04:05Z", /not a time$/],
  ["2006-1-2 15:04:05", /not a time$/],
  [" 2006-01-02 15:04:05", /not a time$/],
  ["2006-01-02 15:04:05 ", /not a time$/],
  ["2006-01-02 15:04:05 +0100", /not a time$/],
  ["10000-01-01 00:00:00", /not a time$/],
  ["2006-13-02 15:04:05", /month is out of range/],
  ["2006-02-30 15:04:05", /day is out of range/],
  ["2006-01-02 24:00:00", /hour is out of range/],
  ["2006-01-02 15:60:05", /minute is out of range/],
  ["2006-01-02 15:04:60", /second is out of range/],
  [`2006-01-02 15:04:05.${"1".repeat(1000)}`, /not a time$/],
])("%j is refused as a time", (text, message) => {
  expect(() => parseLocalTime(text)).toThrow(message);
  expect(() => parseLocalTime(text)).toThrow(/^error in time option/);
});

test.each([
  [0, "0:00"],
  [0.999, "0:00"],
  [59, "0:59"],
  [60, "1:00"],
  [3599, "59:59"],
  [3600, "1:00:00"],
  [3723, "1:02:03"],
  [360_000, "100:00:00"],
  [-1, "0:00"],
])("%d seconds are shown as %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
