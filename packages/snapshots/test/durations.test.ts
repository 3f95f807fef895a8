import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatCalendarDuration,
  formatClockDuration,
  parseCalendarDuration,
  parseClockDuration,
} from "../dist/durations.js";

test.each([
  ["6y5m234d37h", [6, 5, 234, 37], "6y5m234d37h"],
  ["5h6y", [6, 0, 0, 5], "6y5h"],
  ["", [0, 0, 0, 0], ""],
  [" 1d ", [0, 0, 1, 0], "1d"],
  ["1d2d", [0, 0, 2, 0], "2d"],
  ["-1d3h", [0, 0, -1, 3], "-1d3h"],
  ["007d", [0, 0, 7, 0], "7d"],
])("the calendar duration %j is read", (text, [years, months, days, hours], printed) => {
  const duration = parseCalendarDuration(text);
  expect(duration).toEqual({ years, months, days, hours });
  expect(formatCalendarDuration(duration)).toBe(printed);
});

test.each([
  ["1", /no unit found after number 1/],
  ["1x", /invalid unit 'x' found after number 1/],
  ["1D", /invalid unit 'D'/],
  ["1.5h", /invalid unit '\.'/],
  ["x", /no number found/],
  ["-d", /no number found/],
  ["1d 1h", /no number found/],
  ["99999999999999999999y", /too large/],
])("%j is refused as a calendar duration", (text, message) => {
  expect(() => parseCalendarDuration(text)).toThrow(message);
});

test("calendar durations survive being printed", () => {
  const count = fc.integer({ min: -9999, max: 9999 });
  fc.assert(
    fc.property(fc.record({ years: count, months: count, days: count, hours: count }), (duration) => {
      expect(parseCalendarDuration(formatCalendarDuration(duration))).toEqual(duration);
    }),
  );
});

test.each([
  ["0", 0, "0s"],
  ["1h", 3_600_000, "1h0m0s"],
  ["1h30m", 5_400_000, "1h30m0s"],
  ["1.5h", 5_400_000, "1h30m0s"],
  ["90s", 90_000, "1m30s"],
  ["+1m", 60_000, "1m0s"],
  ["-1m", -60_000, "-1m0s"],
  [".5s", 500, "500ms"],
  ["1.s", 1000, "1s"],
  ["1s500ms", 1500, "1.5s"],
  ["1h1h", 7_200_000, "2h0m0s"],
  ["15us", 0.015, "15µs"],
  ["1µs", 0.001, "1µs"],
  ["1μs", 0.001, "1µs"],
  ["20ns", 0.000_02, "20ns"],
])("the clock duration %s is %d ms and shown as %s", (text, milliseconds, printed) => {
  expect(parseClockDuration(text)).toBeCloseTo(milliseconds, 9);
  expect(formatClockDuration(parseClockDuration(text))).toBe(printed);
});

test.each([
  ["", /empty/],
  ["-", /empty/],
  ["5", /unit is missing/],
  ["1d", /unit "d" is unknown/],
  ["1x", /unknown/],
  ["1h 30m", /unit "h " is unknown/],
  [".s", /no number/],
  ["h", /no number/],
  ["1h-30m", /unknown/],
  ["100000000h", /too long/],
])("%j is refused as a clock duration", (text, message) => {
  expect(() => parseClockDuration(text)).toThrow(message);
});
