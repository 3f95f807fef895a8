import { decodeName } from "@tastic/format";
import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { createExcludeRules } from "../dist/patterns/exclude-rules.js";
import type { ExcludeOptions, ExcludeRules, SourceItem } from "../dist/patterns/exclude-rules.js";
import { typeOf } from "../dist/backup/source-files.js";
import { temporaryFolder } from "./temporary-folder.js";

const folder = temporaryFolder();

function itemAt(path: string): SourceItem {
  const stat = lstatSync(path, { bigint: true });
  return { path, name: basename(path), type: typeOf(stat), size: Number(stat.size), deviceId: stat.dev };
}

/** What a walk through a folder meets, relative to it. */
function walk(root: string, rules: ExcludeRules, below = ""): string[] {
  return readdirSync(join(root, below))
    .sort()
    .flatMap((name) => {
      const path = join(below, name);
      const item = itemAt(join(root, path));
      if (rules.excludes(item)) return [];
      return item.type === "dir" ? [path, ...walk(root, rules, path)] : [path];
    });
}

async function kept(root: string, options: ExcludeOptions): Promise<string[]> {
  return walk(root, await createExcludeRules(options));
}

const tagged = join(folder.path, "tagged");
for (const name of ["cache", "empty", "header", "plain", "short", "tag", "tag/inner", "wrong"]) {
  folder.write(`tagged/${name}/file`, "x");
}
folder.write("tagged/tag/.nobackup");
folder.write("tagged/cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\nmore");
folder.write("tagged/empty/CACHEDIR.TAG");
folder.write("tagged/short/CACHEDIR.TAG", "Signature");
folder.write("tagged/wrong/CACHEDIR.TAG", "Signature: 9a477f597d28d172789f06886806bc55");
folder.write("tagged/header/.tag", "abc def");

test("a folder with a mark keeps the mark and nothing else", async () => {
  expect(await kept(tagged, { ifPresent: [".nobackup", ".tag:abc"] })).toEqual([
    ...["cache", "cache/CACHEDIR.TAG", "cache/file", "empty", "empty/CACHEDIR.TAG", "empty/file"],
    ...["header", "header/.tag", "plain", "plain/file", "short", "short/CACHEDIR.TAG", "short/file"],
    ...["tag", "tag/.nobackup", "wrong", "wrong/CACHEDIR.TAG", "wrong/file"],
  ]);
});

test("marks of caches need their signature, and those without are warned of once", async () => {
  const warnings: string[] = [];
  const rules = await createExcludeRules({ caches: true, warn: (message) => warnings.push(message) });
  const found = walk(tagged, rules);
  expect(found).toContain("cache/CACHEDIR.TAG");
  expect(found).not.toContain("cache/file");
  for (const name of ["empty", "short", "wrong"]) expect(found).toContain(`${name}/file`);
  expect(warnings).toEqual([
    `invalid (too short) signature in exclusion tagfile "${tagged}/empty/CACHEDIR.TAG"`,
    `could not read signature from exclusion tagfile "${tagged}/short/CACHEDIR.TAG"`,
    `invalid signature in exclusion tagfile "${tagged}/wrong/CACHEDIR.TAG"`,
  ]);
});

test.skipIf(process.platform === "win32")("a named pipe with the name of a mark does not block", async () => {
  folder.write("pipe/file");
  execFileSync("mkfifo", [join(folder.path, "pipe/CACHEDIR.TAG")]);
  const warnings: string[] = [];
  const options = { caches: true, warn: (message: string) => warnings.push(message) };
  expect(await kept(join(folder.path, "pipe"), options)).toEqual(["CACHEDIR.TAG", "file"]);
  expect(warnings).toHaveLength(1);
});

test("a mark needs a name", async () => {
  await expect(createExcludeRules({ ifPresent: [""] })).rejects.toThrow(
    "no name for exclusion tagfile provided",
  );
  await expect(createExcludeRules({ ifPresent: [":header"] })).rejects.toThrow(
    "no name for exclusion tagfile",
  );
});

test("files larger than a size are left out, folders never", async () => {
  const root = join(folder.path, "sizes");
  for (const size of [0, 5, 6]) folder.write(`sizes/d/${size}`, "x".repeat(size));
  expect(await kept(root, { largerThan: 5 })).toEqual(["d", "d/0", "d/5"]);
  expect(await kept(root, { largerThan: 0 })).toEqual(["d", "d/0"]);
});

test("patterns see absolute paths, also those with bytes that are not UTF-8", async () => {
  const rules = await createExcludeRules({
    patterns: ["/src/a", "*.tmp", "bad?"],
    insensitivePatterns: ["*.bak"],
  });
  const excludes = (path: string): boolean =>
    rules.excludes({ path, name: basename(path), type: "file", size: 0, deviceId: 1n });
  expect(excludes("/src/a")).toBe(true);
  expect(excludes("/other/src/a")).toBe(false);
  expect(excludes("/x/y.tmp")).toBe(true);
  expect(excludes("/x/y.BAK")).toBe(true);
  expect(excludes(`/x/${decodeName(Buffer.from("bad\xff", "latin1"))}`)).toBe(true);
});

test("whole folders can be left out by path", async () => {
  const rules = await createExcludeRules({ paths: ["/cache"] });
  const excludes = (path: string): boolean =>
    rules.excludes({ path, name: basename(path), type: "dir", size: 0, deviceId: 1n });
  expect(["/cache", "/cache/x", "/cached", "/a/cache"].map(excludes)).toEqual([true, true, false, false]);
});

/** Another file system than that of the root, on every Linux we know. */
const hasProc = process.platform === "linux" && lstatSync("/").dev !== lstatSync("/proc").dev;

test.skipIf(!hasProc)(
  "with one file system, mount points stay, and what is mounted there does not",
  async () => {
    const rules = await createExcludeRules({ oneFileSystem: ["/"] });
    expect(rules.excludes(itemAt("/proc"))).toBe(false);
    expect(rules.excludes(itemAt("/proc/sys"))).toBe(true);
    expect(rules.excludes(itemAt("/proc/version"))).toBe(true);
    expect(rules.excludes(itemAt("/etc"))).toBe(false);
  },
);

test.skipIf(!hasProc)("each target brings its own file system", async () => {
  const rules = await createExcludeRules({ oneFileSystem: ["/", "/proc/sys"] });
  expect(rules.excludes(itemAt("/proc/version"))).toBe(true);
  expect(rules.excludes(itemAt("/proc/sys"))).toBe(false);
  expect(rules.excludes(itemAt("/proc/sys/kernel"))).toBe(false);
});

test("a file that something is mounted on is left out, and a folder whose parent has gone", async () => {
  const root = join(folder.path, "devices");
  mkdirSync(root);
  writeFileSync(join(root, "file"), "");
  const rules = await createExcludeRules({ oneFileSystem: [root] });
  const file = itemAt(join(root, "file"));
  expect(rules.excludes(file)).toBe(false);
  expect(rules.excludes({ ...file, deviceId: file.deviceId + 1n })).toBe(true);
  const gone: SourceItem = { ...file, path: join(root, "gone/d"), type: "dir", deviceId: file.deviceId + 1n };
  expect(rules.excludes(gone)).toBe(true);
});
