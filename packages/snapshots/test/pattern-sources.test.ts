import { isTasticError } from "@tastic/errors";
import { expect, test } from "vitest";
import { loadPatterns, readPatternFile } from "../dist/patterns/pattern-sources.js";
import { matches } from "../dist/patterns/patterns.js";
import { temporaryFolder } from "./temporary-folder.js";

const folder = temporaryFolder();
let count = 0;
const file = (content: string | Uint8Array): string => folder.write(`patterns-${count++}`, content);

test("comments, empty lines and white space around patterns are dropped", async () => {
  const path = file("  *.log  \n# comment\n\n \t \n\u00a0a b\u3000\r\n  # indented comment\n#\nlast");
  expect(await readPatternFile(path)).toEqual(["*.log", "a b", "last"]);
});

test.each([
  ["$HOME/x", "/home/me/x"],
  ["${HOME}/x", "/home/me/x"],
  ["$HOMEx", ""],
  ["${HOME}x", "/home/mex"],
  ["$HOME_/x", "/x"],
  ["a$$b", "a$b"],
  ["$$$$", "$$"],
  ["$$HOME", "$HOME"],
  ["$/x", "$/x"],
  ["x$", "x$"],
  ["${}x", "x"],
  ["${HOME", "HOME"],
  ["$-x", "x"],
  ["$1x", "x"],
  ["$12", "2"],
  ["$*x", "x"],
  ["${*}x", "x"],
  ["${ HOME}/x", "/x"],
  ["\\$HOME", "\\/home/me"],
  ["é$HOME", "é/home/me"],
  ["$UNSET/x", "/x"],
])("variables in %s give %s", async (line, expected) => {
  expect(await readPatternFile(file(`${line}\n`), { HOME: "/home/me" })).toEqual([expected]);
});

test("UTF-8 and UTF-16 with a byte order mark are understood, and bytes that are not UTF-8 are kept", async () => {
  expect(await readPatternFile(file("\ufeffä"))).toEqual(["ä"]);
  expect(await readPatternFile(file(Buffer.from("\ufeffä\n", "utf16le")))).toEqual(["ä"]);
  expect(await readPatternFile(file(Buffer.from("\ufeffä\n", "utf16le").swap16()))).toEqual(["ä"]);
  expect(await readPatternFile(file(Buffer.from("bad\xff", "latin1")))).toEqual(["bad\udcff"]);
});

test("patterns of options and files make one list that cares for case, and one that does not", async () => {
  const lists = await loadPatterns("exclude", {
    patterns: ["a"],
    insensitivePatterns: ["b"],
    files: [file("c\n!d")],
    insensitiveFiles: [file("e")],
  });
  const chosen = (path: string): boolean => lists.some((list) => matches(list, path));
  expect(["/a", "/A", "/b", "/B", "/c", "/C", "/e", "/E"].filter(chosen)).toEqual([
    "/a",
    "/b",
    "/B",
    "/c",
    "/e",
    "/E",
  ]);
  expect(await loadPatterns("include", {})).toEqual([]);
});

test("the option that a malformed pattern came from is named", async () => {
  const bad = file("[\nok\n[a");
  await expect(loadPatterns("exclude", { files: [bad] })).rejects.toThrow(
    "--exclude-file: invalid pattern(s) provided:\n[\n[a",
  );
  await expect(loadPatterns("include", { insensitiveFiles: [bad] })).rejects.toThrow(
    "--iinclude-file: invalid",
  );
  await expect(loadPatterns("include", { insensitivePatterns: ["["], patterns: ["[a"] })).rejects.toThrow(
    "--iinclude: invalid pattern(s) provided:\n[",
  );
});

test("a file that cannot be read, or is a list of something else, is refused", async () => {
  const missing = `${folder.path}/missing`;
  const error: unknown = await readPatternFile(missing).catch((thrown: unknown) => thrown);
  expect(isTasticError(error, "invalid-argument")).toBe(true);
  expect((error as Error).message).toBe(
    `failed to read patterns from file "${missing}": open ${missing}: no such file or directory`,
  );
  await expect(readPatternFile(folder.path)).rejects.toThrow(/failed to read patterns/);
  await expect(readPatternFile(file(`ok\n${"a".repeat(70_000)}\n`))).rejects.toThrow(/line 2 is too long/);
});
