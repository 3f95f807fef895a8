/** A repository of version 1 becomes one of version 2, in restic's words, and at no moment none. */
import { chmod, cp, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { expectSameOutcomes, maskIds, itComparedEnough } from "./cli-side-by-side.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { KILL_MOMENTS, killAtMoments, SLOW_WITH_KILLS } from "./support/kill-moments.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder } from "./support/peers.js";
import { runTasticMostlyHere } from "./support/run-here.js";

async function oldRepository(repo: string, source: string): Promise<void> {
  await writeFile(source, "content ".repeat(10_000));
  await makeCheapRepository(repo, { version: 1 });
  succeed(await runRestic(["backup", "--no-cache", source], { repo }));
}

describeWithRestic("migrate", () => {
  it("says and does what restic does", async () => {
    const home = await temporaryFolder();
    await oldRepository(`${home}/restic`, `${home}/file`);
    await cp(`${home}/restic`, `${home}/tastic`, { recursive: true });
    const lines = [
      ["migrate", "--json"],
      ["migrate", "foo"],
      ["migrate"],
      ["migrate", "foo", "upgrade_repo_v2", "upgrade_repo_v2"],
      ["migrate"],
      ["migrate", "-q"],
      ["migrate", "upgrade_repo_v2", "foo"],
      ["migrate", "--force", "upgrade_repo_v2"],
      ["cat", "config"],
    ];
    for (const line of lines) {
      const args = [...line, "--no-cache"];
      const wanted = await runRestic(args, { repo: `${home}/restic` });
      const said = await runTasticMostlyHere(args, { repo: `${home}/tastic` });
      expectSameOutcomes(wanted, said, { mask: maskIds });
    }
    const repo = `${home}/tastic`;
    succeed(await runRestic(["backup", "--no-cache", "--force", `${home}/file`], { repo }));
    succeed(await runRestic(["check", "--read-data", "--no-cache"], { repo }));
    succeed(await runRestic(["prune", "--no-cache"], { repo }));
  });

  it("does nothing to a damaged repository", async () => {
    const home = await temporaryFolder();
    const repo = `${home}/repo`;
    await oldRepository(repo, `${home}/file`);
    const [snapshot = ""] = succeed(
      await runRestic(["list", "snapshots", "--no-cache"], { repo }),
    ).stdout.split("\n");
    await chmod(`${repo}/snapshots/${snapshot}`, 0o600);
    await writeFile(`${repo}/snapshots/${snapshot}`, "nothing sensible");
    const refused = await runTasticMostlyHere(["migrate", "upgrade_repo_v2", "--no-cache"], { repo });
    expect(refused.code).toBe(1);
    expect(refused.stdout).not.toContain("applying migration");
    expect(succeed(await runRestic(["cat", "config", "--no-cache"], { repo })).stdout).toContain(
      '"version": 1',
    );
  });

  it(`may be killed at any moment, of which ${KILL_MOMENTS} are tried`, SLOW_WITH_KILLS, async () => {
    const home = await temporaryFolder();
    await oldRepository(`${home}/old`, `${home}/file`);
    await killAtMoments({
      args: ["migrate", "upgrade_repo_v2", "--no-cache"],
      prepare: async (moment) => {
        const repo = `${home}/${moment}`;
        await cp(`${home}/old`, repo, { recursive: true });
        return { repo };
      },
      afterKill: async (options) => {
        succeed(await runTasticMostlyHere(["unlock"], options));
        succeed(await runRestic(["check", "--read-data", "--no-cache"], options));
      },
      afterNext: async (options) => {
        const config = succeed(await runRestic(["cat", "config", "--no-cache"], options)).stdout;
        expect(config).toContain('"version": 2');
        succeed(await runRestic(["check", "--read-data", "--no-cache"], options));
      },
    });
  });
});

itComparedEnough("migrate");
