import { decodeTree, formatTime, localOffset, offsetOf, parseTime } from "@tastic/format";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeOf, fixture, inZone, ZONES } from "./helpers.js";

const utcTimes = new Map(decodeTree(fixture("tree-utc.bin"), "tree").map((node) => [node.name, node.mtime]));

describe.each(ZONES)("restic's times in the zone of %s", (label, zone) => {
  test("are written as restic wrote them", () => {
    inZone(zone, () => {
      for (const node of decodeTree(fixture(`tree-${label}.bin`), "tree")) {
        expect(formatTime(parseTime(utcTimes.get(node.name) ?? ""))).toBe(node.mtime);
      }
    });
  });
});

// Seconds, and what restic 0.19.1 writes for them (and five nanoseconds) in UTC, Asia/Kolkata and America/New_York.
const outOfRange: [bigint, string, string, string][] = [
  [300_000_000_000n, "9999-08-15T05:20:00", "9999-08-15T10:50:00+05:30", "9999-08-15T01:20:00-04:00"],
  [253_402_300_799n, "9999-12-31T23:59:59", "9999-01-01T05:29:59+05:30", "9999-12-31T18:59:59-05:00"],
  [253_402_300_800n, "9999-01-01T00:00:00", "9999-01-01T05:30:00+05:30", "9999-12-31T19:00:00-05:00"],
  [-62_167_219_200n, "0000-01-01T00:00:00", "0000-01-01T05:53:28+05:53", "0000-12-31T19:03:58-04:56"],
  [-62_167_219_201n, "0000-12-31T23:59:59", "0000-01-01T05:53:27+05:53", "0000-12-31T19:03:57-04:56"],
  [-99_999_999_999n, "0000-02-15T14:13:21", "0000-02-15T20:06:49+05:53", "0000-02-15T09:17:19-04:56"],
  [999_999_999_999_999n, "9999-07-05T01:46:39", "9999-07-05T07:16:39+05:30", "9999-07-04T21:46:39-04:00"],
  [-9_000_000_000_000n, "0000-05-10T08:00:00", "0000-05-10T13:53:28+05:53", "0000-05-10T03:03:58-04:56"],
];

test("years that four digits cannot hold become the first or the last one, as in restic", () => {
  const all = outOfRange.map(([seconds]) => seconds * 1_000_000_000n + 5n);
  const written = (zone: string) =>
    inZone(zone, () => all.map((time) => formatTime(time).replace(".000000005", "")));
  expect(written("UTC")).toEqual(outOfRange.map(([, utc]) => `${utc}Z`));
  expect(written("Asia/Kolkata")).toEqual(outOfRange.map(([, , kolkata]) => kolkata));
  expect(written("America/New_York")).toEqual(outOfRange.map(([, , , newYork]) => newYork));
});

const nanoseconds = fc.bigInt(parseTime("0001-01-01T00:00:00Z"), parseTime("9999-12-30T00:00:00Z"));

test("UTC is written as Date writes it, and read back", () => {
  inZone("UTC", () => {
    fc.assert(
      fc.property(nanoseconds, (time) => {
        const text = formatTime(time);
        expect(parseTime(text)).toBe(time);
        const milliseconds = Number((time - (((time % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
        expect(text.slice(0, 19)).toBe(new Date(milliseconds).toISOString().slice(0, 19));
      }),
    );
  });
});

test.each(["Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia"])(
  "local time in %s is what Date says, around the change of clocks too",
  (zone) => {
    inZone(zone, () => {
      const since1980 = fc.integer({ min: 315_532_800, max: 4_102_444_800 });
      fc.assert(
        fc.property(since1980, (seconds) => {
          expect(localOffset(seconds)).toBe(0 - 60 * new Date(seconds * 1000).getTimezoneOffset());
          const text = formatTime(BigInt(seconds) * 1_000_000_000n);
          expect(parseTime(text)).toBe(BigInt(seconds) * 1_000_000_000n);
          expect(offsetOf(text)).toBe(localOffset(seconds));
        }),
        { numRuns: 1000 },
      );
      // Every change of clocks of a year, to the second and from both sides.
      for (let hour = 473_000; hour < 473_000 + 8_800; hour++) {
        if (localOffset(hour * 3600) === localOffset((hour + 1) * 3600)) continue;
        for (let second = hour * 3600; second <= (hour + 1) * 3600; second += 1) {
          expect(localOffset(second)).toBe(0 - 60 * new Date(second * 1000).getTimezoneOffset());
        }
      }
    });
  },
);

test("reads any offset and any number of digits", () => {
  expect(parseTime("1970-01-01T01:00:00+01:00")).toBe(0n);
  expect(parseTime("1969-12-31T23:59:59.999999999Z")).toBe(-1n);
  expect(parseTime("2024-02-29T00:00:00.1234567899-11:30")).toBe(1_709_206_200_123_456_789n);
  expect(parseTime("0001-01-01T00:00:00Z")).toBe(-62_135_596_800_000_000_000n);
  expect(offsetOf("2024-02-29T00:00:00-11:30")).toBe(-41_400);
  expect(offsetOf("2024-02-29T00:00:00+00:00")).toBe(0);
});

test.each([
  "",
  "2024-01-01",
  "2024-01-01 00:00:00Z",
  "2024-01-01T00:00:00",
  "2024-13-01T00:00:00Z",
  "2024-00-01T00:00:00Z",
  "2023-02-29T00:00:00Z",
  "2024-04-31T00:00:00Z",
  "2024-01-01T24:00:00Z",
  "2024-01-01T00:60:00Z",
  "2024-01-01T00:00:60Z",
  "2024-01-01T00:00:00.Z",
  "2024-01-01T00:00:00,5Z",
  "2024-01-01T00:00:00+0100",
  "2024-01-01T00:00:00+25:00",
  "2024-01-01T00:00:00+01:60",
  "02024-01-01T00:00:00Z",
  `2024-01-01T00:00:00.${"1".repeat(1000)}Z`,
])("refuses %j", (text) => {
  expect(codeOf(() => parseTime(text))).toBe("invalid-format");
});
