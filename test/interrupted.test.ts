/**
 * A backup that is killed at any moment damages nothing, and the next one goes on where it was.
 */
import { expect, it } from "vitest";
import { mkdirSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { makeManyFiles } from "./support/many-files.js";
import {
  describeWithRestic,
  jsonLines,
  runRestic,
  runTastic,
  startTastic,
  succeed,
  temporaryFolder,
} from "./support/peers.js";

const MOMENTS = 50;

describeWithRestic("a backup killed with SIGKILL", () => {
  it(
    `at ${MOMENTS} random moments leaves a repository that restic finds no fault with`,
    { timeout: 600_000 },
    async () => {
      const home = await temporaryFolder();
      const source = `${home}/source`;
      mkdirSync(source);
      await makeManyFiles(source, 2500);
      const args = ["backup", "--no-cache", "--json", source];

      const trial = { repo: `${home}/trial`, env: { TASTIC_PACK_SIZE: "4" } };
      await makeCheapRepository(trial.repo);
      const started = performance.now();
      succeed(await runTastic(args, trial));
      const duration = performance.now() - started;

      const options = { repo: `${home}/repo`, env: { TASTIC_PACK_SIZE: "4" } };
      await makeCheapRepository(options.repo);
      let killed = 0;
      for (let i = 0; i < MOMENTS; i++) {
        // Few files more each time, so that there is always something left to store.
        await makeManyFiles(`${source}/more-${i}`, 40);
        const running = await startTastic(args, options);
        // Sweeps the whole run, start-up included, with a little chance in it.
        await sleep((duration * (i + Math.random())) / MOMENTS);
        running.child.kill("SIGKILL");
        const outcome = await running.finished;
        if (outcome.signal === "SIGKILL") killed++;
        const check = await runRestic(["check", "--no-cache", "--no-lock"], options);
        expect(check.code, `after moment ${i}:\n${check.stdout}${check.stderr}`).toBe(0);
      }
      console.log(`killed ${killed} of ${MOMENTS} backups before they ended`);
      expect(killed).toBeGreaterThan(MOMENTS / 2);

      // The next backup completes without anyone's help, and what it made is whole.
      const last = await runTastic(args, options);
      succeed(last);
      succeed(await runRestic(["check", "--read-data", "--no-cache", "--no-lock"], options));
      const summary = jsonLines(last).find(
        (line) => (line as { message_type: string }).message_type === "summary",
      );
      expect(summary).toMatchObject({ files_new: expect.any(Number) as number });
      expect(readdirSync(`${options.repo}/snapshots`).length).toBeGreaterThan(0);
    },
  );
});
