/**
 * prune and copy, killed at any moment: nothing that was committed is lost, and the next run goes on.
 *
 *   TASTIC_KILL_MOMENTS=100   how many moments, 12 if not given
 */
import { beforeAll, expect, it } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { removeFolder } from "./support/folders.js";
import { copiesOf, filesIn, forgetAllBut, makeHistory } from "./support/history.js";
import {
  describeWithRestic,
  runRestic,
  runTastic,
  startTastic,
  succeed,
  temporaryFolder,
  testPassword,
} from "./support/peers.js";

const MOMENTS = Number(process.env["TASTIC_KILL_MOMENTS"] ?? 12);
const SLOW = { timeout: 60_000 + MOMENTS * 20_000 };

describeWithRestic("killed with SIGKILL", () => {
  let home: string;
  let base: string;
  const env = { RESTIC_FROM_PASSWORD: testPassword, TASTIC_PACK_SIZE: "4" };

  beforeAll(async () => {
    home = await temporaryFolder();
    base = `${home}/base`;
    await makeHistory(base, `${home}/source`, { backups: 6, files: 30 });
    await forgetAllBut(base, 3);
  });

  /** Runs the command to its end once, for how long it takes, then kills it at moments that sweep all of that. */
  async function killAtMoments(
    args: readonly string[],
    prepare: (name: string) => Promise<string>,
    afterwards: (repo: string) => Promise<void>,
  ): Promise<void> {
    const trial = await prepare("trial");
    const started = performance.now();
    succeed(await runTastic(args, { repo: trial, env }));
    const duration = performance.now() - started;
    let killed = 0;
    for (let i = 0; i < MOMENTS; i++) {
      const repo = await prepare("killed");
      const running = await startTastic(args, { repo, env });
      await sleep((duration * (i + Math.random())) / MOMENTS);
      running.child.kill("SIGKILL");
      if ((await running.finished).signal === "SIGKILL") killed++;
      const check = await runRestic(["check", "--read-data", "--no-cache", "--no-lock"], { repo });
      expect(check.code, `after moment ${i}:\n${check.stdout}${check.stderr}`).toBe(0);
      // Locks of the dead process, in a source too, go as they do with restic.
      for (const locked of [repo, base]) succeed(await runTastic(["unlock"], { repo: locked }));
      succeed(await runTastic(args, { repo, env }));
      succeed(await runRestic(["check", "--read-data", "--no-cache"], { repo }));
      await afterwards(repo);
    }
    console.log(
      `${args[0]}: killed ${killed} of ${MOMENTS} runs of ${Math.round(duration)} ms before they ended`,
    );
    expect(killed).toBeGreaterThan(MOMENTS / 3);
  }

  it(`at ${MOMENTS} moments, prune loses nothing, and the next one completes`, SLOW, async () => {
    const snapshots = filesIn(`${base}/snapshots`);
    const prepare = async (name: string): Promise<string> => (await copiesOf(base, [name]))[0] ?? "";
    await killAtMoments(["prune", "--max-unused=0"], prepare, async (repo) => {
      expect(filesIn(`${repo}/snapshots`)).toEqual(snapshots);
      const { stdout } = succeed(await runRestic(["prune", "--dry-run", "--no-cache", "-v"], { repo }));
      expect(stdout).toMatch(/\nunused: +0 blobs/);
      expect(stdout).not.toMatch(/duplicates|unreferenced/);
    });
  });

  it(`at ${MOMENTS} moments, copy loses nothing, and the next one goes on`, SLOW, async () => {
    const prepare = async (name: string): Promise<string> => {
      const repo = `${home}/copy-${name}`;
      await removeFolder(repo);
      await makeCheapRepository(repo);
      return repo;
    };
    await killAtMoments(["copy", "--from-repo", base], prepare, async (repo) => {
      // Not by files: one that was being stored may have left a part of itself under another name.
      const { stdout } = succeed(await runRestic(["snapshots", "--json", "--no-cache"], { repo }));
      const originals = (JSON.parse(stdout) as { original: string }[]).map(({ original }) => original);
      expect(originals.sort()).toEqual(filesIn(`${base}/snapshots`));
    });
  });
});
