/** `--exclude-gitignore`, held against git itself where there is one. */
import fc from "fast-check";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createExcludeRules } from "../dist/patterns/exclude-rules.js";
import { temporaryFolder } from "./temporary-folder.js";

const folder = temporaryFolder();
const hasGit = spawnSync("git", ["--version"]).status === 0;

/** What a walk with `--exclude-gitignore` keeps of a folder: files and links, relative to it. */
async function kept(root: string, warnings: string[] = []): Promise<string[]> {
  const rules = await createExcludeRules({ gitignore: [root], warn: (message) => warnings.push(message) });
  const walk = (below: string): string[] =>
    readdirSync(join(root, below), { withFileTypes: true }).flatMap((entry) => {
      const path = join(below, entry.name);
      const type = entry.isDirectory() ? "dir" : "file";
      const item = { path: join(root, path), name: entry.name, type, size: 0, deviceId: 1n } as const;
      if (rules.excludes(item)) return [];
      return entry.isDirectory() ? walk(path) : [path];
    });
  return walk("").sort();
}

/** What git would add of it. */
function keptByGit(root: string): string[] {
  const options = { cwd: root, env: { PATH: process.env["PATH"], HOME: root, GIT_CONFIG_NOSYSTEM: "1" } };
  const listed = execFileSync("git", ["ls-files", "-z", "--others", "--exclude-standard"], options);
  return listed
    .toString()
    .split("\0")
    .filter((path) => path !== "")
    .sort();
}

function make(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const withoutGit = (paths: readonly string[]): string[] =>
  paths.filter((path) => !path.split("/").includes(".git"));

const SAMPLE = {
  ".gitignore":
    "*.log\n!keep.log\n/build\ndocs/*.pdf\ncache/\n**/deep/x\nlib/**/gen\n# c\n\\#hash\nspace\\ \ntrail  \n",
  "a.log": "",
  "keep.log": "",
  "build/out": "",
  "src/build/out": "",
  "docs/a.pdf": "",
  "docs/in/a.pdf": "",
  "cache/x": "",
  "src/cache": "",
  "p/deep/x": "",
  "lib/gen": "",
  "lib/a/b/gen/y": "",
  "#hash": "",
  "space ": "",
  trail: "",
  "sub/.gitignore": "!a.log\n/only\nno/slash\n\\!bang\n!/cache/\nb[0-9]\n",
  "sub/a.log": "",
  "sub/only": "",
  "sub/in/only": "",
  "sub/no/slash": "",
  "sub/in/no/slash": "",
  "sub/in/!bang": "",
  "sub/cache/again": "",
  "sub/b5": "",
  "sub/bx": "",
  "odd [x]*/.gitignore": "y\n",
  "odd [x]*/y": "",
  "odd [x]*/z": "",
  "odd x/y": "",
};

test("patterns count as gitignore(5) says: anchored, nested, negated, for folders only, with ** and escapes", async () => {
  const root = join(folder.path, "sample");
  make(root, SAMPLE);
  const gone = [
    ...["a.log", "build/out", "docs/a.pdf", "cache/x", "p/deep/x", "lib/gen", "lib/a/b/gen/y", "#hash"],
    ...["space ", "trail", "sub/only", "sub/no/slash", "sub/in/!bang", "sub/b5", "odd [x]*/y"],
  ];
  expect(await kept(root)).toEqual(
    Object.keys(SAMPLE)
      .filter((path) => !gone.includes(path))
      .sort(),
  );
});

test("a repository inside begins anew, and .git stays whole", async () => {
  const root = join(folder.path, "nested");
  make(root, {
    ".gitignore": "*\n!*/\n!.gitignore\n",
    ".git/logs/HEAD": "",
    ".git/x.pack": "",
    lost: "",
    "inner/.git/HEAD": "",
    "inner/.gitignore": "logs\n",
    "inner/kept": "",
    "inner/logs": "",
    "plain/lost": "",
  });
  expect(await kept(root)).toEqual([
    ...[".git/logs/HEAD", ".git/x.pack", ".gitignore", "inner/.git/HEAD", "inner/.gitignore", "inner/kept"],
  ]);
});

test("files above the targets do not count, links are not followed, pipes do not block", async () => {
  const root = join(folder.path, "odd");
  make(root, { ".gitignore": "x\n", "target/x": "", "target/link/x": "", "target/pipe/x": "" });
  symlinkSync("../../.gitignore", join(root, "target/link/.gitignore"));
  execFileSync("mkfifo", [join(root, "target/pipe/.gitignore")]);
  const warnings: string[] = [];
  expect(await kept(join(root, "target"), warnings)).toEqual([
    ...["link/.gitignore", "link/x", "pipe/.gitignore", "pipe/x", "x"],
  ]);
  expect(warnings).toEqual([`${join(root, "target/link/.gitignore")} is not honoured: it is a link`]);
});

test("more answers than are remembered stay the same", async () => {
  const rules = await createExcludeRules({ gitignore: [join(folder.path, "sample")] });
  const gone = Array.from({ length: 40_000 }, (_, at) => {
    const name = `${at}.${at % 2 === 0 ? "log" : "txt"}`;
    const path = join(join(folder.path, "sample"), name);
    return rules.excludes({ path, name, type: "file", size: 0, deviceId: 1n });
  });
  expect(gone.filter(Boolean)).toHaveLength(20_000);
  expect(gone.slice(-2)).toEqual([true, false]);
});

const name = fc.constantFrom("a", "b", "ab", "a.c", ".x", "B", "a b", "[a]");
const piece = fc.constantFrom(
  "a",
  "b",
  "*",
  "**",
  "?",
  "a*",
  "*.c",
  "[ab]",
  "[!a]",
  "\\a",
  ".x",
  "ab",
  "a\\ b",
);
const pattern = fc
  .tuple(
    fc.constantFrom("", "", "!"),
    fc.constantFrom("", "", "/"),
    fc.array(piece, { minLength: 1, maxLength: 3 }),
    fc.constantFrom("", "", "/", " "),
  )
  .map(([no, root, pieces, end]) => `${no}${root}${pieces.join("/")}${end}`);
const tree = fc.record({
  files: fc.uniqueArray(
    fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/")),
    { minLength: 4, maxLength: 12 },
  ),
  ignores: fc.dictionary(
    fc.constantFrom("", "a", "b", "a/b", "ab", "[a]"),
    fc.array(pattern, { minLength: 1, maxLength: 4 }),
    { maxKeys: 3 },
  ),
});

test.skipIf(!hasGit)(
  "the same as git, for any patterns [skipped where there is no git]",
  async () => {
    const root = join(folder.path, "random");
    let cases = 0;
    let left = 0;
    await fc.assert(
      fc.asyncProperty(tree, async ({ files, ignores }) => {
        rmSync(root, { recursive: true, force: true });
        mkdirSync(root);
        execFileSync("git", ["init", "-q", root]);
        const all = Object.entries(ignores).map(([at, lines]): [string, string] => [
          join(at, ".gitignore"),
          lines.join("\n"),
        ]);
        // What is a file in one path cannot be a folder in another.
        const isFolder = (path: string): boolean =>
          [...files, ...all.map(([other]) => other)].some((other) => other.startsWith(`${path}/`));
        make(
          root,
          Object.fromEntries([
            ...files.filter((path) => !isFolder(path)).map((path): [string, string] => [path, ""]),
            ...all,
          ]),
        );
        const expected = keptByGit(root);
        expect(withoutGit(await kept(root))).toEqual(expected);
        cases++;
        left += files.length - expected.length;
      }),
      { numRuns: Number(process.env["TASTIC_GITIGNORE_CASES"] ?? 40) },
    );
    console.log(`gitignore: ${cases} random trees as git has them (${left} files left out)`);
  },
  600_000,
);
