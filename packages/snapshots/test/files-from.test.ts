import { isTasticError } from "@tastic/errors";
import { decodeName } from "@tastic/format";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readFilesFrom } from "../dist/patterns/files-from.js";
import { temporaryFolder } from "./temporary-folder.js";

const folder = temporaryFolder();
const before = process.cwd();
const badName = Buffer.from("d/bad\xff", "latin1");

beforeAll(() => {
  for (const name of ["d/a/1", "d/b/1", "d/.h/1", "d/[x]/q", "d/*/s", "d/ sp ", "d/#c", "d/ä"])
    folder.write(name);
  process.chdir(folder.path);
  writeFileSync(badName, "");
});
afterAll(() => process.chdir(before));

let count = 0;
const list = (content: string | Uint8Array): string => folder.write(`lists/${count++}`, content);
const patterns = (content: string | Uint8Array): Promise<string[]> =>
  readFilesFrom({ patterns: [list(content)] });

test.each([
  ["d/a\n# comment\n\n  d/b  \n", ["d/a", "d/b"]],
  ["d/?", ["d/*", "d/a", "d/b", "d/ä"]],
  ["d/\\*", ["d/*"]],
  ["d/.*", ["d/.h"]],
  ["*/a", ["d/a"]],
  ["d/a/", ["d/a/"]],
  ["d/[ab]/1", ["d/a/1", "d/b/1"]],
  ["d/\\[x]", ["d/[x]"]],
  ["d/[x]", []],
  ["d/*/", []],
  ["d/**/1", ["d/.h/1", "d/a/1", "d/b/1"]],
  ["./d/../d/[ab]\r\n", ["d/a", "d/b"]],
  ["d//a", ["d//a"]],
  ["d/b*", ["d/b", "d/bad\udcff"]],
  ["d/#c", ["d/#c"]],
  ["d/a\nd/a", ["d/a", "d/a"]],
  ["\ufeffd/a", ["d/a"]],
  ["", []],
])("patterns %j name %j", async (content, expected) => {
  expect(await patterns(content)).toEqual(expected);
});

test("patterns without slash are looked for in the working directory, absolute ones from the root", async () => {
  mkdirSync("only", { recursive: true });
  expect(await patterns("on*")).toEqual(["only"]);
  expect(await patterns(`${folder.path}/d/[ab]`)).toEqual([
    join(folder.path, "d/a"),
    join(folder.path, "d/b"),
  ]);
});

test("a pattern that matches nothing is warned of", async () => {
  const warnings: string[] = [];
  const paths = await readFilesFrom({
    patterns: [list("d/none*\nd/none\nd/a")],
    warn: (text) => warnings.push(text),
  });
  expect(paths).toEqual(["d/a"]);
  expect(warnings).toEqual([
    'pattern "d/none*" does not match any files, skipping',
    'pattern "d/none" does not match any files, skipping',
  ]);
});

test.each(["[", "d/[", "none/[", "d/[a-", "q/[]a]", "d/\\", "d/[a/b]"])(
  "%s is malformed",
  async (pattern) => {
    await expect(patterns(pattern)).rejects.toThrow(`pattern: ${pattern}: syntax error in pattern`);
  },
);

test("verbatim lists are taken line by line", async () => {
  const verbatim = [list(Buffer.concat([Buffer.from("d/a\n\n d/*\n#x\r\nd/ sp \n"), badName]))];
  expect(await readFilesFrom({ verbatim })).toEqual(["d/a", " d/*", "#x", "d/ sp ", decodeName(badName)]);
  expect(await readFilesFrom({ verbatim: [list(Buffer.from("\ufeffd/a", "utf16le"))] })).toEqual(["d/a"]);
});

test("raw lists are taken as they are, up to each zero byte", async () => {
  const raw = [list(Buffer.concat([Buffer.from("d/a\0\ufeffline\nbreak\0"), badName, Buffer.of(0)]))];
  expect(await readFilesFrom({ raw })).toEqual(["d/a", "\ufeffline\nbreak", decodeName(badName)]);
  expect(await readFilesFrom({ raw: [list("")] })).toEqual([]);
});

test.each([
  ["d/a\0d/b", "--files-from-raw: trailing zero byte missing"],
  ["d/a\0\0", "--files-from-raw: empty filename in listing"],
  ["\0", "--files-from-raw: empty filename in listing"],
])("the raw list %j is refused", async (content, message) => {
  const error: unknown = await readFilesFrom({ raw: [list(content)] }).catch((thrown: unknown) => thrown);
  expect(isTasticError(error, "invalid-argument")).toBe(true);
  expect((error as Error).message).toBe(message);
});

test("lists come in the order of their kinds", async () => {
  const paths = await readFilesFrom({ raw: [list("3\0")], verbatim: [list("2")], patterns: [list("d/a")] });
  expect(paths).toEqual(["d/a", "2", "3"]);
});

test("a dash is the standard input, in which a byte order mark means nothing", async () => {
  const stdin = (text: string): AsyncIterable<Uint8Array> =>
    (async function* () {
      yield Buffer.from(text.slice(0, 2));
      yield Buffer.from(text.slice(2));
    })();
  expect(await readFilesFrom({ patterns: ["-"], stdin: stdin("d/a\nd/b\n") })).toEqual(["d/a", "d/b"]);
  expect(await readFilesFrom({ verbatim: ["-"], stdin: stdin("\ufeffd/a") })).toEqual(["\ufeffd/a"]);
  expect(await readFilesFrom({ raw: ["-"], stdin: stdin("d/a\0") })).toEqual(["d/a"]);
});

test("a list that is not there is refused, but no name is no list", async () => {
  await expect(readFilesFrom({ patterns: ["none"] })).rejects.toThrow("open none: no such file or directory");
  await expect(readFilesFrom({ verbatim: [folder.path] })).rejects.toThrow();
  expect(await readFilesFrom({ patterns: [""], verbatim: [""] })).toEqual([]);
});
