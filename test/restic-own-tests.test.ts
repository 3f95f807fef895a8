/**
 * Of restic's own integration tests, those that no other file has: the command as a black box, restic's check as the judge.
 */
import { linkSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { sampleBytes } from "./support/bytes.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { packsOf } from "./support/damaged-twins.js";
import { bytesBelow, checkWithBoth, filesIn } from "./support/history.js";
import {
  describeWithRestic,
  jsonLines,
  runRestic,
  runTastic,
  succeed,
  temporaryFolder,
} from "./support/peers.js";
import type { Outcome } from "./support/peers.js";
import { runTasticHere } from "./support/run-here.js";
import { treeOf, writeFiles } from "./support/trees.js";

// Each of them runs a dozen commands.
vi.setConfig({ testTimeout: 180_000 });

interface Summary {
  readonly snapshot_id: string;
  readonly files_new: number;
  readonly files_unmodified: number;
}

interface Listed {
  readonly id: string;
  readonly parent?: string;
  readonly tags?: readonly string[];
  readonly program_version?: string;
}

/** A repository, and commands that run on it here. */
async function makeHome(password = "geheim") {
  const home = await temporaryFolder();
  const repo = `${home}/repo`;
  await makeCheapRepository(repo, { password });
  const tastic = (...args: string[]): Promise<Outcome> => runTasticHere([...args, "--no-cache"], { repo });
  const backup = async (...args: string[]): Promise<Summary> =>
    jsonLines(succeed(await tastic("backup", "--json", ...args))).at(-1) as Summary;
  const snapshots = async (): Promise<readonly Listed[]> =>
    JSON.parse(succeed(await tastic("snapshots", "--json")).stdout) as Listed[];
  return { home, repo, tastic, backup, snapshots };
}

describeWithRestic("restic's own tests", () => {
  it("TestBackup: three backups of the same grow by a tenth at most, and each restores", async () => {
    const { home, repo, tastic, backup } = await makeHome();
    await writeFiles(home, { "src/a": sampleBytes(900_000), "src/sub/b": "b", "src/empty": null });
    const first = await backup(`${home}/src`);
    const before = bytesBelow(repo);
    const ids = [first, await backup(`${home}/src`), await backup(`${home}/src`, "--force")];
    expect(bytesBelow(repo)).toBeLessThan(before * 1.1);
    for (const { snapshot_id: id } of ids) {
      succeed(await tastic("restore", `${id}:${home}/src`, "--target", `${home}/${id}`));
      expect(await treeOf(`${home}/${id}`)).toEqual(await treeOf(`${home}/src`));
    }
    await checkWithBoth(repo);
  });

  it("TestBackupParentSelection, TestBackupTags: the parent is of the same paths, whatever its tags", async () => {
    const { home, backup, snapshots } = await makeHome();
    await writeFiles(home, { "one/a": "a", "two/b": "b", "two/c": "c" });
    const one = await backup(`${home}/one`, "--tag", "x");
    expect(await backup(`${home}/two`)).toMatchObject({ files_new: 2, files_unmodified: 0 });
    const again = await backup(`${home}/one`, "--tag", "y,z");
    expect(again).toMatchObject({ files_new: 0, files_unmodified: 1 });
    const listed = await snapshots();
    const last = listed.find(({ id }) => id === again.snapshot_id);
    expect(last).toMatchObject({ parent: one.snapshot_id, tags: ["y", "z"] });
    // TestBackupProgramVersion.
    expect(last?.program_version).toMatch(/^tastic \d+\.\d+\.\d+/);
  });

  it("TestDryRunBackup: a dry run leaves every byte as it was", async () => {
    const { home, repo, backup } = await makeHome();
    await writeFiles(home, { "src/a": "a" });
    const state = (): Record<string, string> =>
      Object.fromEntries(filesIn(repo).map((name) => [name, bytesOf(repo, name)]));
    for (const round of ["new", "changed"]) {
      const before = state();
      expect(await backup("--dry-run", "-vv", `${home}/src`)).toMatchObject({ files_new: 1 });
      expect(state(), round).toEqual(before);
      await backup(`${home}/src`);
      await writeFiles(home, { "src/a": "changed", [`src/${round}`]: "b" });
      rmSync(`${home}/src/a`);
    }
  });

  it("TestBackupSelfHealing, TestBackupTreeLoadError: the next backup brings back what was lost", async () => {
    for (const type of ["data", "tree"] as const) {
      const { home, repo, tastic } = await makeHome();
      await writeFiles(home, { "src/a": sampleBytes(10_000), "src/sub/b": "b" });
      // Not by its path, since the folders above change.
      const options = { repo, cwd: `${home}/src` };
      succeed(await runTastic(["backup", "."], options));
      for (const pack of await packsOf(repo)) if (pack.type === type) rmSync(`${repo}/${pack.path}`);
      succeed(await tastic("repair", "index"));
      expect((await runRestic(["check", "--no-cache"], { repo })).code).toBe(1);
      // Of a parent that cannot be read it may say so; the source is whole.
      const { code } = await runTastic(["backup", "."], options);
      expect([0, 3]).toContain(code);
      await checkWithBoth(repo);
    }
  });

  it("TestHardLink: names of one file are restored as names of one file", async () => {
    const { home, tastic, backup } = await makeHome();
    await writeFiles(home, { "src/a": "linked", "src/sub/alone": "linked" });
    linkSync(`${home}/src/a`, `${home}/src/sub/b`);
    await backup(`${home}/src`);
    succeed(await tastic("restore", `latest:${home}/src`, "--target", `${home}/out`));
    const [a, b, alone] = ["a", "sub/b", "sub/alone"].map((name) => statSync(`${home}/out/${name}`).ino);
    expect(b).toBe(a);
    expect(alone).not.toBe(a);
  });

  it("TestBackupEmptyPassword, TestCopyToEmptyPassword", async () => {
    const { home, repo, backup } = await makeHome();
    const other = `${home}/other`;
    const open = { repo: other, password: null };
    succeed(await runTasticHere(["init", "--insecure-no-password"], open));
    await writeFiles(home, { "src/a": "a" });
    const flags = ["--insecure-no-password", "--no-cache"];
    succeed(await runTasticHere(["backup", ...flags, `${home}/src`], open));
    await backup(`${home}/src`);
    const env = { RESTIC_FROM_PASSWORD: "geheim" };
    succeed(await runTasticHere(["copy", ...flags, "--from-repo", repo], { ...open, env }));
    expect(filesIn(`${other}/snapshots`)).toHaveLength(2);
    succeed(await runRestic(["check", "--read-data", ...flags], open));
  });

  it("TestKeyAddRemove: each new key opens, and the old ones can go", async () => {
    const { home, repo, tastic } = await makeHome();
    for (const password of ["raicheefoh", "Ä ö"]) {
      await writeFiles(home, { password });
      succeed(await tastic("key", "add", "--new-password-file", `${home}/password`));
    }
    const keys = JSON.parse(succeed(await tastic("key", "list", "--json")).stdout) as {
      current: boolean;
      id: string;
    }[];
    expect(keys).toHaveLength(3);
    const last = { repo, password: "Ä ö" };
    const current = keys.find((key) => key.current)!;
    succeed(await runTasticHere(["key", "remove", current.id, "--no-cache"], last));
    expect((await tastic("snapshots")).code).toBe(12);
    succeed(await runRestic(["check", "--no-cache"], last));
  });

  it("TestRestoreNoMetadataOnIgnoredIntermediateDirs: folders on the way get the times that restic gives them", async () => {
    const { home, repo, backup } = await makeHome();
    const folders = ["p1", "p1/p2", "p1/p2/p3", "p1/p2/p3/p4"];
    await writeFiles(home, { "src/p1/p2/p3/p4/f.ext": "f", "src/p1/p2/p3/other": "o" });
    for (const folder of folders.toReversed()) utimesSync(`${home}/src/${folder}`, 1000, 1000);
    await backup(`${home}/src`);
    for (const include of ["*.ext", "p3", "p4"]) {
      const restored = await Promise.all(
        [runRestic, runTastic].map(async (run, at) => {
          const target = `${home}/${at}-${include}`;
          const args = ["restore", `latest:${home}/src`, "--target", target, "--include", include];
          succeed(await run([...args, "--no-cache"], { repo }));
          return folders.map(
            (folder) => `${folder}: ${statSync(`${target}/${folder}`).mtimeMs === 1_000_000}`,
          );
        }),
      );
      expect(restored[1]).toEqual(restored[0]);
    }
  });

  it("TestBackupFailsWhenUsingInvalidPatterns, TestRestoreFails…, of flags and of files", async () => {
    const { home, repo, tastic } = await makeHome();
    const bad = ["*[._]log[.[0-9", "!*[._]log[.[0-9"] as const;
    await writeFiles(home, { "src/a": "a", patterns: `*.ok\n${bad.join("\n")}\n` });
    succeed(await tastic("backup", `${home}/src`));
    const commands = [
      ["backup", `${home}/src`],
      ["restore", "latest", "--target", `${home}/out`],
    ];
    for (const command of commands) {
      for (const flags of [
        ["--exclude", bad[0], "--exclude", bad[1]],
        ["--iexclude-file", `${home}/patterns`],
      ]) {
        const wanted = await runRestic([...command, ...flags, "--no-cache"], { repo });
        expect(wanted.stderr).toContain(`invalid pattern(s) provided:\n${bad.join("\n")}\n`);
        const said = await tastic(...command, ...flags);
        expect(said.stderr.slice(0, wanted.stderr.length)).toBe(wanted.stderr);
        expect([said.code, wanted.code]).toEqual([1, 1]);
      }
    }
  });
});

/** All bytes of the file of this name, as text. */
function bytesOf(repo: string, name: string): string {
  const folders = ["", "keys/", "index/", "snapshots/", "locks/", `data/${name.slice(0, 2)}/`];
  for (const folder of folders) {
    try {
      return readFileSync(`${repo}/${folder}${name}`, "latin1");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new Error(`${name} is nowhere`);
}
