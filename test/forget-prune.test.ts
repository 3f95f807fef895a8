/** `forget --prune`: what restic and tastic leave of the same repository, and what they say about it. */
import { cp, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { expectSameOutcomes, itComparedEnough } from "./cli-side-by-side.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { sampleBytes } from "./support/bytes.js";
import { describeWithRestic, runRestic, runTastic, succeed, temporaryFolder } from "./support/peers.js";
import { treeOf, writeFiles } from "./support/trees.js";

const MEBIBYTE = 1 << 20;

/** Bytes of all files below a folder. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

describeWithRestic("forget --prune", () => {
  let home = "";

  /** Four snapshots: of each but the last, much is needed by no other. */
  beforeAll(async () => {
    home = await temporaryFolder();
    await makeCheapRepository(`${home}/repo`);
    for (let round = 0; round < 4; round++) {
      await writeFiles(home, {
        "src/kept": sampleBytes(MEBIBYTE, 1),
        [`src/of-round-${round % 2}`]: sampleBytes(2 * MEBIBYTE, 10 + round),
        "src/changed": `round ${round}\n`,
      });
      const args = ["backup", "src", "--time", `2024-01-0${round + 1} 10:00:00`, "--no-cache"];
      succeed(await runRestic(args, { repo: `${home}/repo`, cwd: home }));
    }
  });

  /** Runs both, each on a copy of the repository, and expects the same words. */
  async function runBoth(words: string): Promise<readonly [string, string]> {
    const args = ["forget", ...words.replace("HOME", home).split(" ")];
    const folder = await temporaryFolder();
    const repos = [`${folder}/restic`, `${folder}/tastic`] as const;
    for (const repo of repos) await cp(`${home}/repo`, repo, { recursive: true });
    const [restic, tastic] = await Promise.all([
      runRestic(args, { repo: repos[0] }),
      runTastic(args, { repo: repos[1] }),
    ]);
    expectSameOutcomes(restic, tastic);
    return repos;
  }

  it.each([
    "--keep-last 1 --prune",
    "--keep-last 2 --prune --max-unused 0",
    "--keep-last 1 --prune --dry-run",
    "--keep-last 4 --prune",
    "latest --prune --max-unused unlimited",
    "--keep-last 2 --prune --json -v",
    "--unsafe-allow-remove-all --path HOME/src --prune -v",
  ])("forget %s: words, and what is left", { timeout: 120_000 }, async (words) => {
    const repos = await runBoth(words);
    const [theirs, ours] = await Promise.all(repos.map(sizeOf));
    expect(Math.abs(ours! - theirs!)).toBeLessThan(0.02 * theirs!);
    for (const repo of repos) {
      succeed(await runRestic(["check", "--read-data"], { repo }));
      succeed(await runTastic(["check", "--read-data"], { repo }));
    }
    const restored = await Promise.all(
      repos.map(async (repo) => {
        await runRestic(["restore", "latest", "--target", `${repo}-out`, "--no-lock"], { repo });
        return treeOf(`${repo}-out`).catch(() => undefined);
      }),
    );
    expect(restored[1]).toEqual(restored[0]);
  });

  it.each([
    "--keep-last 1 --prune -q",
    "--keep-last 1 --prune --json --dry-run",
    "--keep-last 1 --prune --max-unused x",
    "--keep-last 1 --repack-smaller-than 0",
    "--keep-last 1 --max-unused 5% --group-by x",
    "--keep-within -1d --max-unused x",
  ])("forget %s: words", async (words) => {
    await runBoth(words);
  });
});

itComparedEnough("forget-prune");
