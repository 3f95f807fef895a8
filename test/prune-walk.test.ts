/**
 * A random walk: edits, backups, forgets and prunes, by restic and tastic in turn, in one repository. At each step
 * restic finds no fault, and at the end every snapshot that is left restores as its files were.
 *
 *   TASTIC_WALK_STEPS=200   how many steps, 14 if not given
 *   TASTIC_WALK_SEED=7      which walk; another one each time if not given
 */
import { expect, it } from "vitest";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { sampleBytes } from "./support/bytes.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { removeFolder } from "./support/folders.js";
import { checkWithBoth } from "./support/history.js";
import {
  describeWithRestic,
  jsonLines,
  runRestic,
  runTastic,
  succeed,
  temporaryFolder,
} from "./support/peers.js";
import { treeOf } from "./support/trees.js";

const STEPS = Number(process.env["TASTIC_WALK_STEPS"] ?? 14);
const SEED = Number(process.env["TASTIC_WALK_SEED"] ?? Date.now() % 1_000_000);

describeWithRestic("a repository that both tools work on", () => {
  it(`is whole after ${STEPS} random steps`, { timeout: 60_000 + STEPS * 15_000 }, async () => {
    console.log(`TASTIC_WALK_SEED=${SEED}`);
    let state = SEED;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const home = await temporaryFolder();
    const [repo, source] = [`${home}/repo`, `${home}/source`];
    mkdirSync(source);
    await makeCheapRepository(repo, { version: random(4) === 0 ? 1 : 2 });
    const env = { RESTIC_PACK_SIZE: "4" };
    const either = (args: readonly string[]): ReturnType<typeof runRestic> =>
      (random(2) === 0 ? runRestic : runTastic)(args, { repo, env });
    const edit = (): void => {
      for (let i = 0; i < 12; i++) {
        const file = `${source}/file-${random(40)}`;
        if (random(3) === 0) rmSync(file, { force: true });
        else writeFileSync(file, sampleBytes(random(random(8) === 0 ? 2_000_000 : 50_000), random(1 << 20)));
      }
    };
    /** What each snapshot holds. */
    const content = new Map<string, Record<string, string>>();
    const steps: Record<string, () => Promise<void>> = {
      async backup() {
        edit();
        const lines = jsonLines(succeed(await either(["backup", "--json", "--no-cache", source])));
        const { snapshot_id: id } = lines.at(-1) as { snapshot_id: string };
        content.set(id, await treeOf(source));
      },
      async forget() {
        const ids = [...content.keys()];
        const id = ids[random(ids.length)];
        if (id === undefined || ids.length < 3) return;
        succeed(await runRestic(["forget", "--no-cache", id], { repo }));
        content.delete(id);
      },
      async prune() {
        const limits = [
          "--max-unused=0",
          "--max-unused=30%",
          "--max-repack-size=2M",
          "--repack-smaller-than=3M",
        ];
        succeed(await either(["prune", "--no-cache", limits[random(limits.length)] ?? ""]));
      },
    };
    const names = ["backup", "backup", "forget", "prune"];
    for (let i = 0; i < STEPS; i++) {
      const name = i < 3 ? "backup" : (names[random(names.length)] ?? "");
      await steps[name]?.();
      const check = await runRestic(["check", "--read-data", "--no-cache"], { repo });
      expect(check.code, `step ${i}, ${name}:\n${check.stdout}${check.stderr}`).toBe(0);
    }
    succeed(await runTastic(["prune", "--max-unused=0"], { repo }));
    await checkWithBoth(repo);
    for (const [id, wanted] of content) {
      const target = `${home}/restored`;
      succeed(await either(["restore", "--no-cache", id, "--target", target]));
      expect(await treeOf(`${target}${source}`)).toEqual(wanted);
      await removeFolder(target);
    }
  });
});
