import fc from "fast-check";
import { expect, test } from "vitest";
import { formatBytes, formatPercent, parseSize } from "../dist/sizes.js";

test.each([
  ["0", 0],
  ["5", 5],
  ["+5", 5],
  ["5b", 5],
  ["5k", 5120],
  ["5K", 5120],
  ["2m", 2_097_152],
  ["1G", 2 ** 30],
  ["3t", 3 * 2 ** 40],
  ["8388607T", 8_388_607 * 2 ** 40],
])("the size %s is %d bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  "",
  "k",
  "-5",
  "1.5k",
  "1kb",
  "5p",
  " 5",
  "5 ",
  "0x10",
  "1_0",
  "1e3",
  "99999999T",
  "9".repeat(40),
])("%j is refused as a size", (text) => {
  expect(() => parseSize(text)).toThrow(/size/);
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.000 KiB"],
  [1025, "1.001 KiB"],
  // Just between two: restic rounds to the even digit.
  [1088, "1.062 KiB"],
  [1120, "1.094 KiB"],
  [1_048_575, "1023.999 KiB"],
  [1_048_576, "1.000 MiB"],
  [2 ** 30, "1.000 GiB"],
  [5.5 * 2 ** 40, "5.500 TiB"],
  [2 ** 53, "8192.000 TiB"],
])("%d bytes are shown as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("what is shown is never off by more than half of the last digit", () => {
  const units = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      const [number = "", unit = ""] = formatBytes(bytes).split(" ");
      const size = units[unit as keyof typeof units];
      expect(Math.abs(Number(number) - bytes / size)).toBeLessThanOrEqual(0.000_500_1);
    }),
  );
});

test.each([
  [0, 0, ""],
  [0, 5, "0.00%"],
  [1, 3, "33.33%"],
  [2, 3, "66.67%"],
  [1, 800, "0.12%"],
  [3, 800, "0.38%"],
  [7, 5, "100.00%"],
])("%d of %d is %s", (part, whole, text) => {
  expect(formatPercent(part, whole)).toBe(text);
});
