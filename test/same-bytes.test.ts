/**
 * The first promise: tastic and restic make the same trees and blobs out of the same files, so that each stores
 * nothing that the other has stored, and each restores what the other saved.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { mkdirSync } from "node:fs";
import { cp } from "node:fs/promises";
import {
  describeWithRestic,
  jsonLines,
  runRestic,
  runTastic,
  succeed,
  temporaryFolder,
} from "./support/peers.js";
import type { Outcome, RunOptions } from "./support/peers.js";
import { attributesOf, makeUnusualTree, manifestOf } from "./support/unusual-tree.js";
import { makeCheapRepository, makePasswordCheap } from "./support/cheap-repository.js";
import { makeManyFiles } from "./support/many-files.js";
import { runTasticMostlyHere } from "./support/run-here.js";
import { writeFiles } from "./support/trees.js";

type Run = (args: readonly string[], options?: RunOptions) => Promise<Outcome>;

interface Summary {
  readonly message_type: string;
  readonly snapshot_id: string;
  readonly data_blobs: number;
  readonly tree_blobs: number;
  readonly files_new: number;
  readonly dirs_new: number;
  readonly data_added: number;
  readonly total_bytes_processed: number;
  readonly total_files_processed: number;
}

/** Backs up the folder `source` in `home`: by its relative name, since the folders above it change all the time. */
async function backUp(run: Run, home: string, options: RunOptions): Promise<Summary> {
  const outcome = await run(["backup", "--json", "--force", "--no-cache", "source"], {
    ...options,
    cwd: home,
  });
  succeed(outcome);
  const summary = jsonLines(outcome).find((line) => (line as Summary).message_type === "summary");
  return summary as Summary;
}

/** The trees of these snapshots, in their order. */
async function treesOf(ids: readonly string[], options: RunOptions): Promise<(string | undefined)[]> {
  const { stdout } = succeed(await runRestic(["snapshots", "--json", "--no-cache", ...ids], options));
  const all = JSON.parse(stdout) as { id: string; tree: string }[];
  return ids.map((id) => all.find((one) => one.id === id)?.tree);
}

/** What restic lists of a snapshot, but for the folders above `root`. */
async function nodesOfSnapshot(id: string, root: string, options: RunOptions): Promise<unknown[]> {
  const outcome = succeed(await runRestic(["ls", "--json", "--no-cache", id], options));
  return jsonLines(outcome).filter((line) => {
    const { struct_type, path } = line as { struct_type: string; path: string };
    return struct_type === "node" && !root.startsWith(`${path}/`);
  });
}

const sources: readonly { name: string; make: (folder: string) => Promise<void> }[] = [
  { name: "a tree with everything a Unix file can be", make: makeUnusualTree },
  { name: "a tree of 5,000 files", make: (folder) => makeManyFiles(folder, 5000) },
];
const versions = [1, 2] as const;
const cases = versions.flatMap((version) =>
  ["UTC", "Asia/Kolkata"].map((timeZone) => ({ version, timeZone })),
);

describeWithRestic("the same bytes as restic", () => {
  let madeIn: string;
  /** Each program makes one of each version, which is copied: trying its password would take most of the time. */
  const made = (maker: Run, version: number): string =>
    `${madeIn}/${maker === runRestic ? "restic" : "tastic"}-${version}`;
  beforeAll(async () => {
    madeIn = await temporaryFolder();
    for (const maker of [runRestic, runTastic]) {
      for (const version of versions) {
        const repo = made(maker, version);
        succeed(await maker(["init", "--repository-version", String(version)], { repo }));
        await makePasswordCheap(repo);
      }
    }
  });

  describe.each(sources)("for $name", ({ make }) => {
    let source: string;
    beforeAll(async () => {
      source = await temporaryFolder();
      mkdirSync(`${source}/source`);
      await make(`${source}/source`);
    });

    it.each(cases)(
      "in version $version, in $timeZone, whoever comes first",
      async ({ version, timeZone }) => {
        const order: [string, Run, Run][] = [
          ["restic first", runRestic, runTastic],
          ["tastic first", runTastic, runRestic],
        ];
        for (const [name, first, second] of order) {
          const options = { repo: `${await temporaryFolder()}/repo`, env: { TZ: timeZone } };
          await cp(made(first, version), options.repo, { recursive: true });
          const one = await backUp(first, source, options);
          const two = await backUp(second, source, options);
          expect(one.data_added, name).toBeGreaterThan(0);
          expect(two, name).toMatchObject({
            data_blobs: 0,
            tree_blobs: 0,
            data_added: 0,
            total_bytes_processed: one.total_bytes_processed,
            total_files_processed: one.total_files_processed,
          });
          const trees = await treesOf([one.snapshot_id, two.snapshot_id], options);
          expect(trees[0], name).toBeDefined();
          expect(trees[1], name).toBe(trees[0]);
        }
      },
    );

    it.each([
      ["tastic", "restic", runTastic, runRestic],
      ["restic", "tastic", runRestic, runTastic],
      ["tastic", "tastic", runTastic, runTastic],
    ])("what %s saves, checked and restored by %s, is the same", async (_saver, _restorer, save, other) => {
      const home = await temporaryFolder();
      const options = { repo: `${home}/repo`, env: { TZ: "UTC" } };
      await cp(made(save, 2), options.repo, { recursive: true });
      const { snapshot_id } = await backUp(save, source, options);
      const check = await other(["check", "--read-data", "--no-cache"], options);
      succeed(check);
      expect(check.stdout).toContain("no errors were found");
      succeed(await other(["restore", snapshot_id, "--target", `${home}/restored`, "--no-cache"], options));
      expect(manifestOf(`${home}/restored/source`)).toEqual(manifestOf(`${source}/source`));
      expect(attributesOf(`${home}/restored/source`)).toBe(attributesOf(`${source}/source`));
    });
  });

  describe("whatever the targets are called", () => {
    let root: string;
    let repo: string;
    beforeAll(async () => {
      root = await temporaryFolder();
      await writeFiles(root, {
        "here/a/b/c/z": "1",
        "here/a/b/y": "22",
        "here/a/up": { link: ".." },
        "here/a/x.log": "333",
        "here/empty": null,
        "here/loop": { link: "loop" },
        "here/to-a": { link: "a" },
        "here/to-b": { link: "a/b" },
        "here/src/in/r": "4444",
        "here/top.log": "55555",
        "there/src/x/q": "666666",
      });
      repo = `${await temporaryFolder()}/repo`;
      await makeCheapRepository(repo);
    });

    it.each([
      ".",
      "..",
      "a/..",
      "a/",
      "./a//b",
      "../here",
      "../here/a ./a a",
      "a a/b/c/z",
      "a/b/c a",
      "a/b a/b/c/z a",
      ". a/b",
      "a .",
      "top.log empty a/b",
      "src ../there/src",
      "../there/src src",
      "src/in ../there/src/x",
      "ROOT/there/src src ../there/src",
      "ROOT/here/a a",
      "ROOT/here//./a/",
      ". ROOT/here/a",
      "to-a/b",
      "to-a",
      "to-a/",
      "to-b/c to-b",
      "to-a/b/c a/b/y",
      "a/up/top.log",
      "loop",
      "--exclude=*.log .",
      "--exclude=*.log top.log a",
      "--exclude=b a/b",
      "--exclude=b a a/b/c",
    ])("%s", async (line) => {
      const args = line.split(" ").map((arg) => arg.replace("ROOT", root));
      const found: { nodes: unknown[]; summary: Summary }[] = [];
      for (const run of [runRestic, runTasticMostlyHere]) {
        const options = { repo, cwd: `${root}/here` };
        const outcome = succeed(await run(["backup", "--json", "--force", "--no-cache", ...args], options));
        const summary = jsonLines(outcome).find(
          (one) => (one as Summary).message_type === "summary",
        ) as Summary;
        const nodes = await nodesOfSnapshot(summary.snapshot_id, root, options);
        found.push({ nodes, summary });
      }
      const [theirs, ours] = found;
      expect(theirs?.nodes.length).toBeGreaterThan(0);
      expect(ours?.nodes).toEqual(theirs?.nodes);
      const { files_new, dirs_new, total_bytes_processed } = theirs?.summary ?? {};
      expect(ours?.summary).toMatchObject({ files_new, dirs_new, total_bytes_processed });
      // The folders above `root` are of no concern, and change while tests run.
      if (line.includes("ROOT")) return;
      const ids = found.map(({ summary }) => summary.snapshot_id);
      const [theirTree, ourTree] = await treesOf(ids, { repo });
      expect(theirTree).toBeDefined();
      expect(ourTree).toBe(theirTree);
    });
  });

  it.each(["stdin", "a/b/c", "/a/b", "./a//x/../c", "../up"])("of a stream called %s", async (name) => {
    const repo = `${await temporaryFolder()}/repo`;
    await makeCheapRepository(repo);
    const time = "2020-02-29 12:34:56";
    const args = ["backup", "--json", "--no-cache", "--time", time, "--stdin", "--stdin-filename", name];
    const ids: string[] = [];
    for (const run of [runRestic, runTastic]) {
      const outcome = succeed(await run(args, { repo, input: "what was piped in" }));
      ids.push((jsonLines(outcome).at(-1) as Summary).snapshot_id);
    }
    const trees = await treesOf(ids, { repo });
    expect(trees[0]).toBeDefined();
    expect(trees[1]).toBe(trees[0]);
  });
});
