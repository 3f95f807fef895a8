import {
  compareNames,
  decodeName,
  encodeName,
  hasInvalidBytes,
  isPrintable,
  quoteName,
  unquoteName,
} from "@tastic/format";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codeOf } from "./helpers.js";

/** Bytes that are often almost UTF-8. */
const nameBytes = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 4 }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 3 }),
      fc
        .constantFrom("eda080", "f4908080", "c0af", "e282", "f09f92", "efbfbd", "c3a9")
        .map((hex) => Buffer.from(hex, "hex")),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts));

test("any bytes survive being a name, being quoted, and back", () => {
  fc.assert(
    fc.property(nameBytes, (bytes) => {
      const name = decodeName(bytes);
      expect(encodeName(name).equals(bytes)).toBe(true);
      expect(unquoteName(quoteName(name))).toBe(name);
      expect(hasInvalidBytes(name)).toBe(!Buffer.from(bytes.toString("utf8")).equals(bytes));
    }),
    { numRuns: 2000 },
  );
});

test("names are ordered as their bytes are", () => {
  fc.assert(
    fc.property(nameBytes, nameBytes, (a, b) => {
      expect(Math.sign(compareNames(decodeName(a), decodeName(b)))).toBe(Buffer.compare(a, b));
    }),
    { numRuns: 2000 },
  );
  expect(compareNames("\uffff", "\u{10000}")).toBeLessThan(0);
  expect(compareNames("\udc80", "\u{10000}")).toBeLessThan(0);
  expect(compareNames("\udcff", "\u{10000}")).toBeGreaterThan(0);
});

test("quotes as restic does", () => {
  const cases: [string, string][] = [
    ["bad\udcff\udcfe", "bad\\xff\\xfe"],
    ["nbsp\u00a0x", "nbsp\\u00a0x"],
    ["del\x7fx\x00\x1b", "del\\x7fx\\x00\\x1b"],
    ["\x07\b\f\n\r\t\v", "\\a\\b\\f\\n\\r\\t\\v"],
    ['back\\slash"quote', 'back\\\\slash\\"quote'],
    ["spécial<&>🙂\ufffd", "spécial<&>🙂\ufffd"],
    ["\ue000\uffff\u{10ffff}\u{e0001}", "\\ue000\\uffff\\U0010ffff\\U000e0001"],
    // Unicode 15.0 is printed, what came later is not, whatever the engine knows.
    ["\u{1e030}", "\u{1e030}"],
    ["\u2ffc\u1c89\u{16ea0}", "\\u2ffc\\u1c89\\U00016ea0"],
  ];
  for (const [name, quoted] of cases) {
    expect(quoteName(name)).toBe(quoted);
    expect(unquoteName(quoted)).toBe(name);
  }
});

test("the printable characters are those of Unicode 15.0", () => {
  let count = 0;
  for (let code = 0; code < 0x110000; code++) if (isPrintable(code)) count++;
  // All 149,186 characters of that version, without 170 for formatting, 2 line separators, and all spaces but one.
  expect(count).toBe(149_186 - 170 - 2 - 16);
  // Whatever is printable there, is in every later version.
  const later = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
  for (let code = 0; code < 0x110000; code++) {
    if (isPrintable(code) && !later.test(String.fromCodePoint(code))) expect.fail(code.toString(16));
  }
});
test("understands every escape of Go's strings", () => {
  expect(unquoteName("\\101\\x41\\u0041\\U00000041")).toBe("AAAA");
  expect(unquoteName("\\xc3\\xa9\\303\\251")).toBe("éé");
  expect(unquoteName("\\xc3x\\xa9")).toBe("\udcc3x\udca9");
});

test.each([
  "\\",
  "a\\",
  "\\q",
  "\\'",
  "\\x4",
  "\\x",
  "\\400",
  "\\18",
  "\\u12",
  "\\ud800",
  "\\U00110000",
  'a"b',
  "a\nb",
])("refuses %j", (quoted) => {
  expect(codeOf(() => unquoteName(quoted))).toBe("invalid-format");
});
