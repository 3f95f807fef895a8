import { isTasticError } from "@tastic/errors";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";
import { matches, matchWithChildren, parsePatterns } from "../dist/patterns/patterns.js";

/** What restic 0.19.1 did with a tree of files and lists of patterns: see the file's own note. */
interface Recorded {
  readonly tree: readonly string[];
  readonly cases: readonly {
    readonly option: "exclude" | "iexclude" | "include" | "iinclude";
    readonly patterns: readonly string[];
    /** A bit for each item of the tree that was kept, in hexadecimal; undefined where restic refused the patterns. */
    readonly kept?: string;
    readonly error?: string;
  }[];
}
const recorded = JSON.parse(
  readFileSync(new URL("fixtures/restic-patterns.json", import.meta.url), "utf8"),
) as Recorded;

const above = (path: string): string[] => (path === "/" ? [] : [...above(posix.dirname(path)), path]);

function kept(option: string, patterns: readonly string[]): string[] {
  const list = parsePatterns(patterns, { insensitive: option.startsWith("ii") || option === "iexclude" });
  if (option.endsWith("exclude")) {
    // The target and what is above it are not asked about.
    const targets = ["/tmp", "/tmp/pt"];
    return recorded.tree.filter(
      (path) =>
        targets.includes(path) || !above(path).some((one) => !targets.includes(one) && matches(list, one)),
    );
  }
  const chosen = recorded.tree.filter((path) => {
    const reached = above(posix.dirname(path)).every(
      (folder) => matchWithChildren(list, folder).childMayMatch,
    );
    return reached && matchWithChildren(list, path).matches;
  });
  // Folders on the way are restored, too.
  return [...new Set(chosen.flatMap(above))];
}

test("files are chosen as restic chose them", () => {
  for (const { option, patterns, kept: mask = "" } of recorded.cases.filter(
    ({ error }) => error === undefined,
  )) {
    const bits = BigInt(`0x${mask}`);
    const expected = recorded.tree.filter((_, index) => (bits >> BigInt(index)) & 1n);
    expect({ option, patterns, kept: kept(option, patterns).sort() }).toEqual({
      option,
      patterns,
      kept: [...expected].sort(),
    });
  }
  expect(recorded.cases.length).toBeGreaterThan(200);
});

test("malformed patterns are refused in restic's words, all at once", () => {
  const refused = recorded.cases.filter(({ error }) => error !== undefined);
  for (const { option, patterns, error } of refused) {
    try {
      parsePatterns(patterns, { flag: `--${option}` });
      expect.unreachable();
    } catch (thrown) {
      expect(isTasticError(thrown, "invalid-argument")).toBe(true);
      expect(`Fatal: ${(thrown as Error).message}`).toBe(error);
    }
  }
  expect(refused.length).toBeGreaterThan(2);
});

test.each([
  ["/**/top", "/top/x", true],
  ["top/**/x", "/top/x", true],
  ["top/**/x", "/top/y/z/x", true],
  ["**/top/**/x", "/top/x", true],
  // The root is no name that a pattern could match.
  ["[^a]/top", "/top", false],
  ["[^a]/**/top", "/top", false],
  ["?/top/**/**/x", "/top/y/x", false],
  ["*/top", "/top", false],
])("next to the root, %s on %s: %s", (pattern, path, expected) => {
  expect(matches(parsePatterns([pattern]), path)).toBe(expected);
});

test("no patterns choose nothing", () => {
  expect(matches(parsePatterns([]), "/a")).toBe(false);
  expect(matches(parsePatterns(["", ""]), "/a")).toBe(false);
  expect(matchWithChildren(parsePatterns([]), "/a")).toEqual({ matches: false, childMayMatch: false });
});

test("a path that is not absolute is a mistake of the caller", () => {
  expect(() => matches(parsePatterns(["a"]), "a")).toThrow(/absolute/);
});

test("ignoring case goes character by character, as in Go", () => {
  const ignoring = (pattern: string, path: string): boolean =>
    matches(parsePatterns([pattern], { insensitive: true }), path);
  expect(ignoring("*.JPG", "/Photos/a.jpg")).toBe(true);
  expect(ignoring("ä*", "/Äpfel")).toBe(true);
  expect(ignoring("i*", "/İzmir")).toBe(true);
  // A final sigma is another letter.
  expect(ignoring("σσ", "/Σς")).toBe(false);
  expect(ignoring("ΣΣ", "/σσ")).toBe(true);
  expect(ignoring("bad\ufffd", "/BAD\udcff")).toBe(true);
});

test("a folder that was asked about before does not change what is said of its files", () => {
  const part = fc.constantFrom("a", "b", "**", "*", "?b", "[a]", "ab");
  const pattern = fc
    .tuple(fc.constantFrom("", "!"), fc.constantFrom("", "/"), fc.array(part, { minLength: 1, maxLength: 5 }))
    .map(([negation, root, parts]) => negation + root + parts.join("/"));
  const path = fc
    .array(fc.constantFrom("a", "b", "ab", "c"), { minLength: 1, maxLength: 6 })
    .map((names) => `/${names.join("/")}`);
  fc.assert(
    fc.property(
      fc.array(pattern, { maxLength: 4 }),
      fc.array(path, { minLength: 1, maxLength: 8 }),
      (patterns, paths) => {
        const kept = parsePatterns(patterns);
        for (const one of paths) {
          const fresh = matches(parsePatterns(patterns), one);
          expect(matches(kept, one)).toBe(fresh);
          expect(matchWithChildren(kept, one).matches).toBe(fresh);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("without negation, what is below a match matches", () => {
  const part = fc.constantFrom("a", "b", "**", "*", "[^a]");
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      fc.array(fc.constantFrom("a", "b", "c"), { minLength: 2, maxLength: 7 }),
      (parts, anchored, names) => {
        const list = parsePatterns([(anchored ? "/" : "") + parts.join("/")]);
        const results = names.map((_, index) => matches(list, `/${names.slice(0, index + 1).join("/")}`));
        const first = results.indexOf(true);
        expect(results.slice(first === -1 ? results.length : first).every(Boolean)).toBe(true);
        // And whoever looks for it finds the way there.
        if (first > 0) {
          expect(matchWithChildren(list, `/${names.slice(0, first).join("/")}`).childMayMatch).toBe(true);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("more folders than are kept are no problem", () => {
  const list = parsePatterns(["/x/5000/**/f", "!/x/5000/keep"]);
  for (let folder = 0; folder < 6000; folder++) {
    expect(matches(list, `/x/${folder}/f`)).toBe(folder === 5000);
  }
  expect(matches(list, "/x/5000/keep/f")).toBe(false);
});

test("many ** on a long path do not take for ever", () => {
  const list = parsePatterns([`/${"**/a/".repeat(12)}b`]);
  expect(matches(list, "/a".repeat(100))).toBe(false);
  expect(matches(list, `${"/a".repeat(100)}/b`)).toBe(true);
});
