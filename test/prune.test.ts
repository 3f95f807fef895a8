/**
 * prune beside restic's: the same words, the same decisions, repositories of the same size, and nothing that a snapshot
 * needs is gone.
 */
import { beforeAll, expect, it } from "vitest";
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { expectSame, expectSameOutcomes, itComparedEnough } from "./cli-side-by-side.js";
import { sampleBytes, sha256Hex } from "./support/bytes.js";
import {
  bytesBelow,
  checkWithBoth,
  copiesOf,
  filesIn,
  forgetAllBut,
  makeHistory,
} from "./support/history.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder } from "./support/peers.js";
import { runTasticMostlyHere } from "./support/run-here.js";
import { manifestOf } from "./support/unusual-tree.js";

describeWithRestic("prune", () => {
  let home: string;
  /** Four backups, of which two were forgotten. */
  let repo: string;
  let source: string;

  beforeAll(async () => {
    home = await temporaryFolder();
    repo = `${home}/repo`;
    source = `${home}/source`;
    await makeHistory(repo, source);
    await forgetAllBut(repo, 2);
  });

  const allFlags = [
    [],
    ["-v"],
    ["-vv"],
    ["--quiet"],
    ["--max-unused=0"],
    ["--max-unused=20%"],
    ["--max-unused=1M"],
    ["--max-unused=unlimited"],
    ["--max-repack-size=0"],
    ["--max-repack-size=3M"],
    ["--repack-cacheable-only"],
    ["--repack-uncompressed", "-v"],
    ["--repack-small"],
    ["--repack-smaller-than=1k"],
    ["--repack-smaller-than=16M"],
    ["ignored"],
  ];

  it.each(allFlags.map((flags) => [flags.join(" ") || "nothing", flags] as const))(
    "plans what restic plans with %s",
    async (_, flags) => {
      const before = filesIn(repo);
      await expectSame(["prune", "--dry-run", "--no-cache", ...flags], {
        repo,
        alone: true,
        mask: maskWarning,
      });
      expect(filesIn(repo)).toEqual(before);
    },
  );

  const mistakes = [
    ["--max-unused=100%"],
    ["--max-unused=-1%"],
    ["--max-unused=x%"],
    ["--max-unused=x"],
    ["--max-unused="],
    ["--max-unused=-5"],
    ["--max-unused=99999999999999999999"],
    ["--max-unused=9999999999T"],
    ["--max-repack-size=x"],
    ["--max-repack-size=-1"],
    ["--repack-smaller-than=x"],
    ["--repack-smaller-than=0"],
    ["--repack-smaller-than=100M"],
    ["--repack-uncompressed", "--compression=off"],
    ["--unsafe-recover-no-free-space=x"],
    ["--no-lock"],
  ];

  it.each(mistakes.map((flags) => [flags.join(" "), flags] as const))(
    "refuses %s as restic does",
    async (_, flags) => {
      const dryRun = flags.includes("--no-lock") ? [] : ["--dry-run", "--no-lock"];
      const { code } = await expectSame(["prune", ...dryRun, "--no-cache", ...flags], {
        repo,
        mask: maskWarning,
      });
      expect(code).toBe(1);
    },
  );

  it("says what restic says, leaves as much, and every snapshot restores", async () => {
    const [byRestic = "", byTastic = ""] = await copiesOf(repo, ["restic", "tastic"]);
    const args = ["prune", "--no-cache", "-v"];
    const restic = succeed(await runRestic(args, { repo: byRestic }));
    const tastic = succeed(await runTasticMostlyHere(args, { repo: byTastic }));
    expectSameOutcomes(restic, tastic, { mask: maskWarning });
    expect(tastic.stdout).toContain("repacking packs");
    await checkWithBoth(byTastic);
    await checkWithBoth(byRestic);
    expectSameSize(byRestic, byTastic);
    for (const snapshot of filesIn(`${repo}/snapshots`)) {
      const targets = [`${home}/restored-before`, `${home}/restored-after`] as const;
      succeed(await runRestic(["restore", "--no-cache", snapshot, "--target", targets[0]], { repo }));
      succeed(
        await runRestic(["restore", "--no-cache", snapshot, "--target", targets[1]], { repo: byTastic }),
      );
      // But for the folder that each was restored to.
      const [wanted, found] = targets.map((target) => ({ ...manifestOf(target), ".": "" }));
      expect(found).toEqual(wanted);
      for (const target of targets) await rm(target, { recursive: true });
    }
    // Nothing is left to do for either.
    for (const run of [runRestic, runTasticMostlyHere]) {
      const again = succeed(await run(args, { repo: byTastic }));
      expect(again.stdout).toMatch(/to repack: +0 blobs/);
      expect(again.stdout).not.toContain("rebuilding index");
    }
  });

  it("adds the sum as JSON, behind the text that restic prints with --json, too", async () => {
    const args = ["prune", "--no-cache", "--dry-run", "--json"];
    const restic = succeed(await runRestic(args, { repo }));
    const tastic = succeed(await runTasticMostlyHere(args, { repo }));
    const lines = tastic.stdout.trimEnd().split("\n");
    const summary = JSON.parse(lines.pop() ?? "") as Record<string, Record<string, number>>;
    expectSameOutcomes(restic, { ...tastic, stdout: `${lines.join("\n")}\n` }, { mask: maskWarning });
    expect(summary).toMatchObject({ message_type: "summary" });
    const { blobs = {}, packfiles = {} } = summary;
    expect(blobs["total"]).toBe((blobs["used"] ?? 0) + (blobs["unused"] ?? 0) + (blobs["duplicate"] ?? 0));
    expect(packfiles["total"]).toBe(filesIn(`${repo}/data`).length);
    expect(blobs["remove_total"]).toBeGreaterThan(0);
  });

  it.each([
    ["--max-unused=0", "--repack-uncompressed", "--no-extra-verify"],
    ["--repack-smaller-than=16M", "--pack-size=16", "--repack-cacheable-only"],
  ])("leaves a whole repository of restic's size with %s", async (...flags) => {
    const [byRestic = "", byTastic = ""] = await copiesOf(repo, ["restic", "tastic"]);
    const args = ["prune", "--no-cache", ...flags];
    const [restic, tastic] = [
      succeed(await runRestic(args, { repo: byRestic })),
      succeed(await runTasticMostlyHere(args, { repo: byTastic })),
    ];
    expectSameOutcomes(restic, tastic, { mask: maskWarning });
    await checkWithBoth(byTastic);
    expectSameSize(byRestic, byTastic);
  });

  it("removes the index first where no space is left, if that is asked for", async () => {
    const [byTastic = ""] = await copiesOf(repo, ["tastic"]);
    const { id } = JSON.parse(succeed(await runTasticMostlyHere(["cat", "config"], { repo })).stdout) as {
      id: string;
    };
    const { stdout } = succeed(
      await runTasticMostlyHere(["prune", "--unsafe-recover-no-free-space", id], { repo: byTastic }),
    );
    expect(stdout).toMatch(
      /deleting index files\n.*files deleted\nremoving \d+ old packs\n.*\n.*packs processed\ndone/,
    );
    expect(stdout).not.toContain("repacking packs");
    await checkWithBoth(byTastic);
  });

  it("compresses trees, and data on demand, of a repository that began as version 1", async () => {
    const old = `${home}/version-1`;
    await makeHistory(old, `${home}/old-source`, { backups: 2, files: 9, version: 1 });
    await expectSame(["prune", "--dry-run", "--no-cache", "--repack-uncompressed"], {
      repo: old,
      alone: true,
      mask: maskWarning,
    });
    succeed(await runRestic(["migrate", "--no-cache", "upgrade_repo_v2"], { repo: old }));
    // The second one finds the trees compressed.
    for (const flags of [[], ["--repack-uncompressed"]]) {
      const [byRestic = "", byTastic = ""] = await copiesOf(old, ["restic", "tastic"]);
      const args = ["prune", "--no-cache", "-v", ...flags];
      const restic = succeed(await runRestic(args, { repo: byRestic }));
      expectSameOutcomes(restic, succeed(await runTasticMostlyHere(args, { repo: byTastic })), {
        mask: maskWarning,
      });
      await checkWithBoth(byTastic);
      expectSameSize(byRestic, byTastic);
      // What gained nothing from compression must not be tried again every time.
      expect(succeed(await runTasticMostlyHere(args, { repo: byTastic })).stdout).toMatch(
        /to repack: +0 blobs/,
      );
    }
  });

  it("removes packs that no index lists, and forgets packs that are gone and not needed", async () => {
    const [byRestic = "", byTastic = ""] = await copiesOf(repo, ["restic", "tastic"]);
    const { remove } = (await plannedPacks(repo)) as { remove: string[] };
    const stray = sampleBytes(1234);
    for (const copy of [byRestic, byTastic]) {
      writeFileSync(`${copy}/data/${sha256Hex(stray).slice(0, 2)}/${sha256Hex(stray)}`, stray);
      rmSync(packPath(copy, remove[0] ?? ""));
    }
    const args = ["prune", "--no-cache", "-vv"];
    const restic = succeed(await runRestic(args, { repo: byRestic }));
    const tastic = succeed(await runTasticMostlyHere(args, { repo: byTastic }));
    expectSameOutcomes(restic, tastic, { mask: maskWarning, sorted: true });
    expect(tastic.stderr).toContain(`will forget missing pack file ${remove[0]}`);
    expect(tastic.stdout).toContain("deleting unreferenced packs");
    await checkWithBoth(byTastic);
  });

  it("removes nothing where something that is needed is missing or cut off", async () => {
    const { keep, index } = (await plannedPacks(repo)) as { keep: string[]; index: string[] };
    const damages: Record<string, (copy: string) => void> = {
      "a pack is missing": (copy) => rmSync(packPath(copy, keep[0] ?? "")),
      "a pack is cut off": (copy) => {
        const path = packPath(copy, keep[0] ?? "");
        truncateSync(path, statSync(path).size - 1);
      },
      "an index file is missing": (copy) => rmSync(`${copy}/index/${index.at(-1)}`),
      "all index files are missing": (copy) => index.forEach((name) => rmSync(`${copy}/index/${name}`)),
      "an index file is damaged": (copy) => {
        const path = `${copy}/index/${index[0]}`;
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0, 20, 30));
      },
      "a snapshot is damaged": (copy) => {
        const path = `${copy}/snapshots/${filesIn(`${copy}/snapshots`)[0]}`;
        writeFileSync(path, readFileSync(path).fill(0, 20, 30));
      },
    };
    for (const [what, damage] of Object.entries(damages)) {
      const [copy = ""] = await copiesOf(repo, ["damaged"]);
      damage(copy);
      const before = filesIn(copy);
      const restic = await runRestic(["prune", "--no-cache"], { repo: copy });
      expect(restic.code, what).toBe(1);
      expect(filesIn(copy), what).toEqual(before);
      const tastic = await runTasticMostlyHere(["prune", "--no-cache"], { repo: copy });
      expect(tastic.code, what).toBe(1);
      expect(filesIn(copy), what).toEqual(before);
      const fatal = (text: string): string | undefined =>
        text.split("\n").find((line) => line.startsWith("Fatal"));
      if (what.includes("pack")) expect(fatal(tastic.stderr), what).toBe(fatal(restic.stderr));
    }
  });

  it("ends with an error, and loses nothing, where a blob that it would move is damaged", async () => {
    const [copy = ""] = await copiesOf(repo, ["damaged"]);
    const { repack } = (await plannedPacks(copy)) as { repack: string[] };
    for (const pack of repack) {
      const path = packPath(copy, pack);
      // Some byte of every blob of the pack, so that one of those that are needed is hit.
      const bytes = readFileSync(path);
      for (let at = 40; at < bytes.length - 5000; at += 500) bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    }
    const before = filesIn(copy);
    const { code, stderr } = await runTasticMostlyHere(["prune"], { repo: copy });
    expect(code).toBe(1);
    expect(stderr).toMatch(/blob [0-9a-f]{64} in pack [0-9a-f]{64}/);
    expect(filesIn(copy)).toEqual(expect.arrayContaining(before));
  });

  /** What a dry run would do, by ids. */
  async function plannedPacks(of: string): Promise<Record<string, readonly string[]>> {
    const packs = filesIn(`${of}/data`);
    const { stdout } = succeed(await runTasticMostlyHere(["prune", "--dry-run", "-v"], { repo: of }));
    const idsAfter = (title: string): string[] => {
      const short = new RegExp(`${title}:\\n\\{([^}]*)\\}`).exec(stdout)?.[1]?.split(" ") ?? [];
      return packs.filter((id) => short.includes(id.slice(0, 8)));
    };
    const repack = idsAfter("repacked and removed the following packs");
    const remove = idsAfter("removed the following no longer used packs");
    expect(repack).not.toEqual([]);
    expect(remove).not.toEqual([]);
    // The largest one first, which holds data of files.
    const sizeOf = (id: string): number => statSync(packPath(of, id)).size;
    const keep = packs
      .filter((id) => !repack.includes(id) && !remove.includes(id))
      .sort((a, b) => sizeOf(b) - sizeOf(a));
    return { repack, remove, keep, index: filesIn(`${of}/index`) };
  }
});

itComparedEnough("prune");

function packPath(repo: string, pack: string): string {
  return `${repo}/data/${pack.slice(0, 2)}/${pack}`;
}

function expectSameSize(byRestic: string, byTastic: string): void {
  const [restic, tastic] = [bytesBelow(byRestic), bytesBelow(byTastic)];
  expect(Math.abs(tastic - restic) / restic, `${tastic} bytes, ${restic} with restic`).toBeLessThan(0.02);
}

/** What restic says of its cache, and the names of index files, one of which is new. */
function maskWarning(text: string): string {
  return text
    .replace(/^warning: running prune without a cache.*\n/m, "")
    .replace(/^removed index [0-9a-f]{64}$/gm, "removed index ID");
}
