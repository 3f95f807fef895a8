/**
 * tastic and restic respect each other's locks.
 */
import { expect, it, vi } from "vitest";
import { createLocalStorage, Repository } from "tastic";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { makeCheapRepository } from "./support/cheap-repository.js";
import {
  describeWithRestic,
  jsonLines,
  runRestic,
  runTastic,
  startRestic,
  startTastic,
  succeed,
  temporaryFolder,
  testPassword,
} from "./support/peers.js";

/** The repository's locks. A lock that is just being written has a longer name, and is none yet. */
function locksOf(repo: string): string[] {
  return readdirSync(`${repo}/locks`).filter((name) => name.length === 64);
}

/** Waits until the repository holds a lock. */
async function untilLocked(repo: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (locksOf(repo).length > 0) return;
    await sleep(25);
  }
  throw new Error("no lock appeared");
}

const pairs = [
  { holder: "restic", start: startRestic, other: "tastic", run: runTastic },
  { holder: "tastic", start: startTastic, other: "restic", run: runRestic },
];

describeWithRestic("locks", () => {
  it.each(pairs)("while $holder backs up, $other may back up but not check", async ({ start, run }) => {
    const home = await temporaryFolder();
    const options = { repo: `${home}/repo` };
    mkdirSync(`${home}/source`);
    writeFileSync(`${home}/source/file`, "content");
    await makeCheapRepository(options.repo);
    // The stream stays open, and with it the backup.
    const running = await start(["backup", "--stdin", "--no-cache"], { ...options, input: { open: true } });
    await untilLocked(options.repo);

    const refused = await run(["check", "--no-cache"], options);
    expect(refused.code).toBe(11);
    expect(refused.stderr).toContain(
      `unable to create lock in backend: repository is already locked by PID ${running.child.pid} on `,
    );
    expect(refused.stderr).toMatch(
      /lock was created at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(.+ ago\)\nstorage ID [0-9a-f]{8}/,
    );
    expect(refused.stderr).toContain("the `unlock` command can be used to remove stale locks");
    succeed(await run(["backup", "--no-cache", `${home}/source`], options));
    // A living process keeps its lock.
    succeed(await run(["unlock"], options));
    expect(locksOf(options.repo)).toHaveLength(1);

    running.child.stdin?.end("the end");
    succeed(await running.finished);
    expect(locksOf(options.repo)).toHaveLength(0);
    succeed(await run(["check", "--no-cache"], options));
  });

  it.each(pairs)(
    "a lock that a killed $holder left is removed by unlock of $other",
    async ({ start, run }) => {
      const options = { repo: `${await temporaryFolder()}/repo` };
      await makeCheapRepository(options.repo);
      const running = await start(["backup", "--stdin", "--no-cache"], { ...options, input: { open: true } });
      await untilLocked(options.repo);
      running.child.kill("SIGKILL");
      await running.finished;
      expect(locksOf(options.repo)).toHaveLength(1);
      succeed(await run(["unlock"], options));
      expect(locksOf(options.repo)).toHaveLength(0);
    },
  );

  it("an exclusive command of tastic refuses while another holds an exclusive lock, and waits when asked to", async () => {
    const home = await temporaryFolder();
    const options = { repo: `${home}/repo` };
    await makeCheapRepository(options.repo);
    const running = await startRestic(["backup", "--stdin", "--no-cache"], {
      ...options,
      input: { open: true },
    });
    await untilLocked(options.repo);
    const waiting = await startTastic(["check", "--no-cache", "--retry-lock", "1m"], options);
    let said = "";
    for (const stream of [waiting.child.stdout, waiting.child.stderr])
      stream?.on("data", (piece) => (said += String(piece)));
    const text = "repo already locked, waiting up to 1m0s for the lock";
    await vi.waitFor(() => expect(said).toContain(text), { timeout: 30_000, interval: 50 });
    running.child.stdin?.end("the end");
    succeed(await running.finished);
    succeed(await waiting.finished);
  });

  it.each(["backup", "check"])(
    "what %s has looked at before its lock was refused, it looks at again when it has one",
    async (command) => {
      const home = await temporaryFolder();
      const options = { repo: `${home}/repo` };
      mkdirSync(`${home}/source`);
      writeFileSync(`${home}/source/file`, randomBytes(3 << 20));
      await makeCheapRepository(options.repo);
      succeed(await runTastic(["backup", "--no-cache", `${home}/source`], options));
      const intruder = await Repository.open(createLocalStorage(options.repo), { password: testPassword });
      const args = command === "backup" ? ["--force", `${home}/source`] : ["--read-data"];
      const waiting = await startTastic([command, "--no-cache", "--retry-lock", "1m", ...args], options);

      // Two that come at the same time refuse each other. The other one is quicker then, and removes everything.
      while (locksOf(options.repo).length === 0) await sleep(1);
      const json = new TextEncoder().encode(
        JSON.stringify({
          time: new Date().toISOString(),
          exclusive: true,
          hostname: "other",
          username: "",
          pid: 1,
        }),
      );
      const id = await intruder.lockStore.saveLock(json);
      while (locksOf(options.repo).length > 1) await sleep(1);
      await sleep(300);
      for (const folder of ["snapshots", "index", "data"]) {
        for (const name of readdirSync(`${options.repo}/${folder}`, { recursive: true }))
          if (String(name).length >= 64) rmSync(`${options.repo}/${folder}/${String(name)}`);
      }
      await intruder.lockStore.removeLock(id);

      succeed(await waiting.finished);
      succeed(await runRestic(["check", "--read-data", "--no-cache"], options));
      const snapshots = jsonLines(succeed(await runRestic(["snapshots", "--json", "--no-cache"], options)));
      expect(snapshots.flat()).toHaveLength(command === "backup" ? 1 : 0);
    },
  );
});
