/** Times after Go's layouts; what is expected is what Go's documentation of package time says. */
import { formatLayout } from "@tastic/format";
import { expect, test } from "vitest";

const time = "2009-02-04T21:00:57.012345600-08:00";

test.each([
  ["2006-01-02T15:04:05Z07:00", "2009-02-04T21:00:57-08:00"],
  ["2006-01-02T15:04:05.999999999Z07:00", "2009-02-04T21:00:57.0123456-08:00"],
  ["Mon Jan _2 15:04:05 2006", "Wed Feb  4 21:00:57 2009"],
  ["Mon Jan _2 15:04:05 MST 2006", "Wed Feb  4 21:00:57 -0800 2009"],
  ["Mon Jan 02 15:04:05 -0700 2006", "Wed Feb 04 21:00:57 -0800 2009"],
  ["02 Jan 06 15:04 -07", "04 Feb 09 21:00 -08"],
  ["Monday, 02-Jan-06 15:04:05.000", "Wednesday, 04-Feb-09 21:00:57.012"],
  ["3:04PM 03pm", "9:00PM 09pm"],
  ["2006/January/2 5s 4m 1", "2009/February/4 57s 0m 2"],
  ["002 __2 _2006", "035  35 _2009"],
  ["05,000 05.99", "57,012 57.01"],
  ["05.0001x Janitor Month", "57.0002x Janitor Month"],
  ["Z070000 Z07:00:00 -07:00:00", "-080000 -08:00:00 -08:00:00"],
  ["no parts ÿ", "no parts ÿ"],
])("%s", (layout, shown) => {
  expect(formatLayout(time, layout)).toBe(shown);
});

test("UTC, midnight, and times before 1970", () => {
  expect(formatLayout("2024-12-31T00:00:00Z", "3PM Z07:00 MST 002 .999")).toBe("12AM Z UTC 366 ");
  expect(formatLayout("1969-12-31T23:59:59.5Z", "Mon 2006-01-02 15:04:05.0")).toBe(
    "Wed 1969-12-31 23:59:59.5",
  );
  expect(formatLayout("0001-01-01T00:00:00Z", "Monday 2006 06")).toBe("Monday 0001 01");
});
