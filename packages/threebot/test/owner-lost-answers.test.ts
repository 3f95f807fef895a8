/** One run leaves one snapshot, also where the answer to it is lost, and what is backed up changes meanwhile. */
import { writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { StoredSnapshot } from "tastic";
import { describe, expect, it } from "vitest";
import {
  incompleteTag,
  mergeSnapshots,
  pinnedTag,
  programVersion,
  twinsOf,
} from "../dist/copies/merged-snapshots.js";
import {
  backupNow,
  day,
  explain,
  fillHome,
  password,
  startThreebot,
  startWorld,
  token,
  type BackupServer,
} from "./owner-support.js";

const marketplace = "marketplace";

async function readyThreebot() {
  const world = await startWorld();
  const threebot = await startThreebot(world);
  await fillHome(threebot.home);
  await threebot.owner.setUpMarketplace({ name: "alice", password, token });
  return { world, ...threebot };
}

/** Loses the answer to the next snapshot, and all requests after it until one for which the server is back. */
function loseSnapshot(server: BackupServer, isBack: (path: string) => boolean, then: () => void): void {
  server.fate = (method, path) => {
    if (method !== "POST" || !path.startsWith("/alice/snapshots/")) return "well";
    then();
    server.fate = (_, next) => {
      if (!isBack(next)) return "unheard";
      server.fate = () => "well";
      return "well";
    };
    return "unanswered";
  };
}

const storedIn = ({ folder }: BackupServer): Promise<string[]> => readdir(join(folder, "alice", "snapshots"));

describe("the answer to a stored snapshot is lost", () => {
  it("and it is found: the source is not read again, and the record is that of any other run", async () => {
    const { world, owner, home } = await readyThreebot();
    const { paths } = await owner.settings();
    let changing: Promise<unknown> | undefined;
    // At once it is asked whether the snapshot has been stored after all; that is lost, too.
    loseSnapshot(
      world.servers[0],
      (path) => !path.startsWith("/alice/snapshots/"),
      () => {
        writeFileSync(join(home, ".config/jumpscale/config.toml"), "of a moment later");
        changing = owner.changeSettings({ paths: [...paths, join(home, "sandbox")] });
      },
    );
    const now = new Date(world.clock.now()).toISOString();
    const run = await backupNow(owner, marketplace);
    await changing;
    expect(run.state, await explain(owner, run)).toBe("done");
    const log = await owner.log(run.id);
    expect(log).toMatch(/marketplace-1: the snapshot is stored, although/);
    expect(log).toMatch(/copy marketplace-1 to marketplace-2/);
    expect(log).not.toMatch(/backup marketplace-2/);
    const [one, ...more] = await owner.snapshots(marketplace);
    expect(more).toEqual([]);
    expect(one).toMatchObject({ copies: ["marketplace-1", "marketplace-2"], complete: true });
    expect(one?.snapshot.paths).toEqual(paths.map((path) => path.replace("~", home)));
    expect(run.snapshots).toEqual([one?.id]);
    for (const server of world.servers) expect(await storedIn(server)).toHaveLength(1);
    const { places, sizes } = await owner.status();
    expect(places[0]?.copies.map(({ lastBackup, state }) => [lastBackup, state])).toEqual([
      [now, "in-step"],
      [now, "in-step"],
    ]);
    expect(sizes[0]?.source).toBe(one?.snapshot.summary?.totalBytesProcessed);
    expect(sizes[0]?.stored).toBeGreaterThan(0);
  });

  it("and the server is away: the other copy gets its own, and the next run leaves one of the two", async () => {
    const { world, owner, home } = await readyThreebot();
    const never = (): boolean => false;
    loseSnapshot(world.servers[0], never, () =>
      writeFileSync(join(home, ".config/jumpscale/config.toml"), "of a moment later"),
    );
    const run = await backupNow(owner, marketplace);
    expect(run.state, await explain(owner, run)).toBe("incomplete");
    expect(run.snapshots).toHaveLength(1);
    for (const server of world.servers) expect(await storedIn(server)).toHaveLength(1);
    world.servers[0].fate = () => "well";
    world.clock.advance(day);
    const next = await backupNow(owner, marketplace);
    expect(next.state, await explain(owner, next)).toBe("done");
    const snapshots = await owner.snapshots(marketplace);
    expect(snapshots.map(({ copies }) => copies)).toEqual([
      ["marketplace-1", "marketplace-2"],
      ["marketplace-1", "marketplace-2"],
    ]);
    for (const server of world.servers) expect(await storedIn(server)).toHaveLength(2);
    const status = await owner.status();
    expect(status.places[0]?.copies.map(({ state, problem }) => [state, problem])).toEqual([
      ["in-step", undefined],
      ["in-step", undefined],
    ]);
  });
});

describe("snapshots that one run has made twice", () => {
  const made = (id: string, more: Partial<StoredSnapshot> = {}): StoredSnapshot =>
    ({
      ...{ id, tree: `tree of ${id}`, time: "2026-03-01T10:00:00.123Z", hostname: "alice", paths: ["/home"] },
      programVersion,
      ...more,
    }) as StoredSnapshot;
  const twins = (...copies: StoredSnapshot[][]): string[][] =>
    [
      ...twinsOf(mergeSnapshots(copies.map((snapshots, at) => ({ id: `copy ${at}`, snapshots })))).entries(),
    ].map(([key, twin]) => [key, twin.key]);

  it("are those of one time, host and paths that are in different copies", () => {
    expect(twins([made("a")], [made("b")])).toEqual([["a", "b"]]);
    expect(twins([made("a")], [made("b", { time: "2026-03-01T10:00:00.124Z" })])).toEqual([]);
    expect(twins([made("a")], [made("b", { hostname: "bob" })])).toEqual([]);
    expect(twins([made("a")], [made("b", { paths: ["/etc"] })])).toEqual([]);
    // Other programs have a reason of their own.
    expect(twins([made("a")], [made("b", { programVersion: "restic 0.19.1" })])).toEqual([]);
    // A clock that stands still makes no twins.
    expect(twins([made("a"), made("b")])).toEqual([]);
    expect(twins([made("a"), made("b")], [made("a"), made("b")])).toEqual([]);
  });

  it("are none where both are in one copy, however one of them came there", () => {
    const brought = made("c", { original: "b" as never, tree: "tree of b" as never });
    expect(twins([made("b")], [brought, made("a")])).toEqual([]);
  });

  it("go but for the better one", () => {
    expect(twins([made("a", { tags: [pinnedTag] })], [made("b")])).toEqual([["b", "a"]]);
    expect(twins([made("a")], [made("b", { tags: [incompleteTag] })])).toEqual([["b", "a"]]);
  });
});
