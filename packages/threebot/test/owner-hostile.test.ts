import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLocalStorage } from "@tastic/storage";
import { backup, Repository } from "tastic";
import { deriveCredentials, parseName } from "@tastic/threebot";
import { describe, expect, it } from "vitest";
import { treeOf } from "../../../test/support/trees.js";
import {
  backupNow,
  day,
  ended,
  explain,
  fillHome,
  hour,
  password,
  startThreebot,
  startWorld,
  token,
} from "./owner-support.js";

const place = "marketplace";

/** Makes a snapshot in a repository behind the back of its 3Bot. */
async function backupDirectly(
  folder: string,
  repositoryPassword: string,
  options: {
    readonly targets: string[];
    readonly tags?: string[];
    readonly hostname: string;
    readonly time: number;
  },
): Promise<void> {
  const storage = createLocalStorage(folder);
  const repository = await Repository.open(storage, { password: repositoryPassword });
  await repository.loadIndex();
  const { time, ...others } = options;
  await backup(repository, {
    ...others,
    time: BigInt(time) * 1_000_000n,
    programVersion: "restic 0.9.6",
    workers: 0,
  });
  await storage.close();
}

describe("a 3Bot of before", () => {
  it("defect 2: one snapshot for each path, one password for all: everything comes back", async () => {
    const world = await startWorld();
    const old = await startThreebot(world);
    await fillHome(old.home);
    // Registers it: the accounts are there, the repositories are those of old.
    await old.owner.setUpMarketplace({ name: "alice", password, token });
    await old.owner.stop();
    const paths = [".config/jumpscale", "sandbox/var/downloaded_packages", "sandbox/code/playground", ".ssh"];
    for (const { folder } of world.servers) {
      await rm(join(folder, "alice"), { recursive: true });
      const storage = createLocalStorage(join(folder, "alice"));
      await Repository.init(storage, { password, scrypt: { N: 16, r: 1, p: 1 } });
      await storage.close();
      for (const [at, epoch] of [1_600_000_000, 1_600_086_400].entries()) {
        for (const path of paths) {
          await backupDirectly(join(folder, "alice"), password, {
            targets: [join(old.home, path)],
            tags: [String(epoch)],
            hostname: `container-${at}`,
            time: epoch * 1000 + paths.indexOf(path) * 1500,
          });
        }
      }
    }
    const before = await treeOf(old.home);
    const next = await startThreebot(world);
    const from = { place, name: "alice", password } as const;
    const found = await next.owner.findRecoverable(from);
    expect(found.snapshots).toHaveLength(8);
    expect(found.snapshots.every(({ complete }) => !complete)).toBe(true);
    const run = await ended(next.owner, await next.owner.recover({ from }));
    expect(run.state, await explain(next.owner, run)).toBe("done");
    expect(await treeOf(next.home)).toEqual(before);
    const again = await backupNow(next.owner, place);
    expect(again.state, await explain(next.owner, again)).toBe("done");
    expect((await next.owner.snapshots(place))[0]).toMatchObject({
      complete: true,
      copies: ["marketplace-1", "marketplace-2"],
    });
  });
});

describe("somebody who can write to the repositories", () => {
  it("threat 19: snapshots that claim to be of the future are told, not recovered, and push nothing out", async () => {
    const world = await startWorld();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    await owner.setUpMarketplace({ name: "alice", password, token });
    await backupNow(owner, place);
    const [good] = await owner.snapshots(place);
    await owner.changeSettings({ retention: { last: 2, daily: 0, weekly: 0, monthly: 0, yearly: 0 } });
    const { repositoryPassword } = await deriveCredentials(parseName("alice"), password);
    await writeFile(join(home, "bait"), "encrypted by somebody");
    for (let i = 0; i < 4; i++) {
      await backupDirectly(join(world.servers[0].folder, "alice"), repositoryPassword, {
        targets: [join(home, "bait")],
        hostname: "alice",
        time: world.clock.now() + (100 + i) * day,
      });
    }
    const found = await owner.findRecoverable({ place, name: "alice", password });
    expect(found.newestComplete).toBe(good?.id);
    world.clock.advance(hour);
    const run = await backupNow(owner, place);
    expect(run, await explain(owner, run)).toMatchObject({
      state: "incomplete",
      unread: true,
      problem: { code: "snapshots-of-the-future" },
    });
    expect((await owner.snapshots(place)).map(({ id }) => id)).toContain(good?.id);
  });
});
