import fc from "fast-check";
import { expect, test } from "vitest";
import { compileNamePattern, toByteString } from "../dist/patterns/name-pattern.js";

function match(pattern: string, name: string): boolean | undefined {
  return compileNamePattern(toByteString(pattern))?.(toByteString(name));
}

test.each([
  ["abc", "abc", true],
  ["abc", "abcd", false],
  ["*", "", true],
  ["*", "abc", true],
  ["*c", "abc", true],
  ["*c", "c", true],
  ["*c", "abcd", false],
  ["a*", "abc", true],
  ["a*", "ba", false],
  ["*b*", "abc", true],
  ["*b*", "acc", false],
  ["a*b*c", "axbxc", true],
  ["a*b*c", "axbxcd", false],
  ["a**c", "abc", true],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["?", "", false],
  ["[abc]", "b", true],
  ["[a-c]", "d", false],
  ["[^a-c]", "d", true],
  ["[^a-c]", "b", false],
  ["[!a]", "!", true],
  ["[!a]", "b", false],
  ["[a\\-c]", "b", false],
  ["[a\\-c]", "-", true],
  ["[\\]]", "]", true],
  ["[*]", "*", true],
  ["[*]", "a", false],
  ["[c-a]", "b", false],
  ["\\*", "*", true],
  ["\\*", "a", false],
  ["\\a", "a", true],
  ["]", "]", true],
  ["a]b", "a]b", true],
  ["*[0-9]", "file7", true],
  ["*[0-9].log", "a1b2.log", true],
  ["", "", true],
  ["", "a", false],
])("%s on %s: %s", (pattern, name, expected) => {
  expect(match(pattern, name)).toBe(expected);
});

test.each([
  "[",
  "[a",
  "[a-",
  "[a-]",
  "[-a]",
  "[]",
  "[]a]",
  "[^]",
  "[a-b-c]",
  "\\",
  "a\\",
  "[\\",
  "[\\]",
  "*[",
  "[\udcff]",
])("%s is malformed", (pattern) => {
  expect(compileNamePattern(toByteString(pattern))).toBeUndefined();
});

test("a character is what UTF-8 says, and a byte that is none is one", () => {
  expect(match("?", "ä")).toBe(true);
  expect(match("?", "😀")).toBe(true);
  expect(match("??", "ä")).toBe(false);
  expect(match("?", "\udcff")).toBe(true);
  expect(match("??", "\udcc3\udc28")).toBe(true);
  expect(match("[ä-ü]", "ö")).toBe(true);
  expect(match("[^a]", "\udcff")).toBe(true);
  expect(match("[\ufffd]", "\udcff")).toBe(true);
});

test("after a star, a class that excludes characters finds the second byte of one, as in Go", () => {
  expect(match("*[^ä]", "ä")).toBe(true);
  expect(match("[^ä]", "ä")).toBe(false);
});

/** Patterns of the tame kind, and the regular expressions that mean the same. */
const tame = fc
  .array(
    fc.oneof(
      fc.constantFrom("a", "b", "ab", ".").map((text) => ({ text, regexp: text.replace(".", "\\.") })),
      fc.constant({ text: "?", regexp: "." }),
      fc.constant({ text: "*", regexp: ".*" }),
      fc.constant({ text: "[a-b]", regexp: "[a-b]" }),
      fc.constant({ text: "[^a]", regexp: "[^a]" }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => ({
    pattern: parts.map(({ text }) => text).join(""),
    regexp: new RegExp(`^${parts.map(({ regexp }) => regexp).join("")}$`, "s"),
  }));

test("on ASCII, patterns mean what regular expressions can say, too", () => {
  const names = fc.string({ unit: fc.constantFrom("a", "b", "c", "."), maxLength: 8 });
  fc.assert(
    fc.property(tame, names, ({ pattern, regexp }, name) => {
      expect(match(pattern, name)).toBe(regexp.test(name));
    }),
    { numRuns: 3000 },
  );
});

test("any name matches itself with every character escaped", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const escaped = name.replace(/[\\[\]*?]/g, "\\$&");
      expect(match(escaped, name)).toBe(true);
      expect(match(escaped, `${name}x`)).toBe(false);
    }),
  );
});

test("many stars on a name that nearly matches do not take for ever", () => {
  expect(match("*a".repeat(40) + "b", "a".repeat(2000))).toBe(false);
});
