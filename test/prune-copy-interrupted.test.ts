/**
 * prune, forget and copy, killed at any moment: nothing that was committed is lost, and the next run goes on.
 *
 *   TASTIC_KILL_MOMENTS=100   how many moments, 8 if not given
 */
import { beforeAll, expect, it } from "vitest";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { removeFolder } from "./support/folders.js";
import { copiesOf, filesIn, forgetAllBut, makeHistory } from "./support/history.js";
import { killAtMoments, KILL_MOMENTS, SLOW_WITH_KILLS } from "./support/kill-moments.js";
import {
  describeWithRestic,
  runRestic,
  runTastic,
  succeed,
  temporaryFolder,
  testPassword,
  type RunOptions,
} from "./support/peers.js";
import { runTasticHere } from "./support/run-here.js";

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

  const copyOfBase = async (): Promise<RunOptions> => {
    const [repo = ""] = await copiesOf(base, ["killed"]);
    return { repo, env };
  };

  /** restic finds no damage; then locks of the dead process, in a source too, go as they do with restic. */
  async function judge(options: RunOptions): Promise<void> {
    succeed(await runRestic(["check", "--read-data", "--no-cache", "--no-lock"], options));
    for (const repo of [options.repo ?? "", base])
      succeed(await runTasticHere(["unlock", "--no-cache"], { repo }));
  }

  async function nothingIsUnused(options: RunOptions): Promise<void> {
    succeed(await runRestic(["check", "--read-data", "--no-cache"], options));
    const { stdout } = succeed(await runRestic(["prune", "--dry-run", "--no-cache", "-v"], options));
    expect(stdout).toMatch(/\nunused: +0 blobs/);
    expect(stdout).not.toMatch(/duplicates|unreferenced/);
  }

  it(
    `at ${KILL_MOMENTS} moments, prune loses nothing, and the next one completes`,
    SLOW_WITH_KILLS,
    async () => {
      const snapshots = filesIn(`${base}/snapshots`);
      await killAtMoments({
        args: ["prune", "--max-unused=0"],
        prepare: copyOfBase,
        afterKill: judge,
        async afterNext(options) {
          expect(filesIn(`${options.repo}/snapshots`)).toEqual(snapshots);
          await nothingIsUnused(options);
        },
      });
    },
  );

  it(`at ${KILL_MOMENTS} moments, forget --prune loses nothing, and goes on`, SLOW_WITH_KILLS, async () => {
    const { stdout } = succeed(await runRestic(["snapshots", "--json", "--no-cache"], { repo: base }));
    const last = (JSON.parse(stdout) as { id: string }[]).at(-1)!.id;
    await killAtMoments({
      args: ["forget", "--keep-last=1", "--prune", "--max-unused=0"],
      prepare: copyOfBase,
      async afterKill(options) {
        await judge(options);
        expect(filesIn(`${options.repo}/snapshots`)).toContain(last);
      },
      async afterNext(options) {
        expect(filesIn(`${options.repo}/snapshots`)).toEqual([last]);
        // With nothing left to forget, forget does not prune: the next prune does.
        succeed(await runTastic(["prune", "--max-unused=0"], options));
        await nothingIsUnused(options);
      },
    });
  });

  it(
    `at ${KILL_MOMENTS} moments, copy loses nothing, and the next one goes on`,
    SLOW_WITH_KILLS,
    async () => {
      await killAtMoments({
        args: ["copy", "--from-repo", base],
        async prepare() {
          const repo = `${home}/copy`;
          await removeFolder(repo);
          await makeCheapRepository(repo);
          return { repo, env };
        },
        afterKill: judge,
        async afterNext(options) {
          succeed(await runRestic(["check", "--read-data", "--no-cache"], options));
          // Not by files: one that was being stored may have left a part of itself under another name.
          const { stdout } = succeed(await runRestic(["snapshots", "--json", "--no-cache"], options));
          const originals = (JSON.parse(stdout) as { original: string }[]).map(({ original }) => original);
          expect(originals.sort()).toEqual(filesIn(`${base}/snapshots`));
        },
      });
    },
  );
});
