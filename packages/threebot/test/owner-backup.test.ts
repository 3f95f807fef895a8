import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deriveCredentials, parseName, type OwnerEvent } from "@tastic/threebot";
import { describe, expect, it } from "vitest";
import { describeWithRestic, runRestic, succeed } from "../../../test/support/peers.js";
import {
  backupNow,
  day,
  emptyFolder,
  ended,
  explain,
  fillHome,
  password,
  startThreebot,
  startWorld,
  token,
  waitFor,
  type Threebot,
  type World,
} from "./owner-support.js";

const marketplace = "marketplace";

/** A 3Bot with data whose marketplace is set up. */
async function readyThreebot(world: World, name = "alice"): Promise<Threebot> {
  const threebot = await startThreebot(world);
  await fillHome(threebot.home);
  await threebot.owner.setUpMarketplace({ name, password, token });
  return threebot;
}

describe("a backup", () => {
  it("defects 2 and 11: one snapshot of all four paths, the same in both copies, in one run", async () => {
    const world = await startWorld();
    const { owner, home } = await readyThreebot(world);
    const run = await backupNow(owner, marketplace, ["before update"]);
    expect(run.state, await explain(owner, run)).toBe("done");
    const [only, ...others] = await owner.snapshots(marketplace);
    expect(others).toEqual([]);
    expect(only?.copies).toEqual(["marketplace-1", "marketplace-2"]);
    expect(only?.snapshot.tags).toEqual(["init", "before update"]);
    expect(only?.snapshot.hostname).toBe("alice");
    expect(only?.complete).toBe(true);
    expect(only?.kept).toContain("last 1");
    expect(only?.snapshot.paths).toEqual(
      [".config/jumpscale", "sandbox/var/downloaded_packages", "sandbox/code/playground", ".ssh"].map(
        (path) => join(home, path),
      ),
    );
    expect(run.snapshots).toEqual([only?.id]);
    world.clock.advance(day);
    const second = await backupNow(owner, marketplace);
    expect(second.state).toBe("done");
    const [newest] = await owner.snapshots(marketplace);
    expect(newest?.snapshot.tags).toBeUndefined();
  });

  it("defect 15: the status says what was backed up, not that it was asked for", async () => {
    const world = await startWorld();
    const { owner } = await readyThreebot(world);
    const before = await owner.status();
    expect(before).toMatchObject({ name: "alice", verdict: "attention", unreadFailures: 0 });
    expect(before.places[0]).toMatchObject({ automatic: true, lastBackup: undefined, overdue: false });
    const now = new Date(world.clock.now()).toISOString();
    await backupNow(owner, marketplace);
    const after = await owner.status();
    expect(after).toMatchObject({ verdict: "safe", unreadFailures: 0 });
    expect(after.places[0]).toMatchObject({ lastBackup: now, overdue: false });
    expect(after.places[0]?.copies.map(({ lastBackup, state }) => [lastBackup, state])).toEqual([
      [now, "in-step"],
      [now, "in-step"],
    ]);
    expect(after.days.at(-1)).toEqual({ day: now.slice(0, 10), result: "good" });
    expect(after.sizes).toHaveLength(1);
    expect(after.sizes[0]?.source).toBeGreaterThan(0);
    world.clock.advance(2 * day + 1);
    expect(await owner.status()).toMatchObject({ verdict: "unsafe" });
  });

  it("defects 10 and 11: a copy that is down does not keep the other from it, and is caught up from it later", async () => {
    const world = await startWorld();
    const { owner, home } = await readyThreebot(world);
    await backupNow(owner, marketplace);
    await world.servers[0].stop();
    for (const round of [1, 2]) {
      world.clock.advance(day);
      await fillHome(home, round);
      const run = await backupNow(owner, marketplace);
      expect(run.state, await explain(owner, run)).toBe("incomplete");
      expect(run.problem?.code).toBe("storage-failed");
      expect(run.unread).toBe(true);
    }
    const status = await owner.status();
    expect(status.verdict).toBe("attention");
    expect(status.places[0]?.copies.map(({ state, behind }) => [state, behind])).toEqual([
      ["unreachable", 2],
      ["in-step", 0],
    ]);
    await world.servers[0].startAgain();
    world.clock.advance(day);
    const run = await backupNow(owner, marketplace);
    expect(run.state, await explain(owner, run)).toBe("done");
    const snapshots = await owner.snapshots(marketplace);
    expect(snapshots.map(({ copies }) => copies.length)).toEqual([2, 2, 2, 2]);
  });

  it("with both copies down fails, says why, and is not called a success", async () => {
    const world = await startWorld();
    const { owner } = await readyThreebot(world);
    for (const server of world.servers) await server.stop();
    const run = await backupNow(owner, marketplace);
    expect(run.state).toBe("failed");
    expect(run.problem?.message).toMatch(/no copy can be reached/);
    const status = await owner.status();
    expect(status.places[0]?.lastBackup).toBeUndefined();
    expect(status.unreadFailures).toBe(1);
    await owner.markRead(run.id);
    expect((await owner.status()).unreadFailures).toBe(0);
  });

  it("defect 17: a 3Bot that lost its data is asked before it pushes the good snapshots out", async () => {
    const world = await startWorld();
    const { owner, home } = await readyThreebot(world);
    await backupNow(owner, marketplace);
    await emptyFolder(join(home, ".config/jumpscale"));
    await emptyFolder(join(home, "sandbox"));
    const run = await backupNow(owner, marketplace);
    expect(run.state).toBe("failed");
    expect(run.problem?.message).toMatch(/fewer than 3 files/);
    expect(await owner.snapshots(marketplace)).toHaveLength(1);
    await owner.decide(marketplace, "keep-this");
    const meant = await backupNow(owner, marketplace);
    expect(meant.state).not.toBe("failed");
    expect(await owner.snapshots(marketplace)).toHaveLength(2);
  });

  it("of paths of which one is gone is marked, and recovery prefers the one before", async () => {
    const world = await startWorld();
    const { owner, home } = await readyThreebot(world);
    await backupNow(owner, marketplace);
    const [good] = await owner.snapshots(marketplace);
    world.clock.advance(day);
    await rm(join(home, ".ssh"), { recursive: true });
    const run = await backupNow(owner, marketplace);
    expect(run).toMatchObject({ state: "incomplete", problem: { code: "paths-missing" } });
    const found = await owner.findRecoverable({ place: marketplace, name: "alice", password });
    expect(found.snapshots.map(({ complete }) => complete)).toEqual([false, true]);
    expect(found.newestComplete).toBe(good?.id);
  });

  it.skipIf(process.platform !== "linux")(
    "of files that cannot be read is marked as incomplete",
    async () => {
      const world = await startWorld();
      const { owner, home } = await startThreebot(world, { restoreRoots: ["/"] });
      await fillHome(home);
      await owner.setUpMarketplace({ name: "alice", password, token });
      const { paths } = await owner.settings();
      // Nobody can read it from its beginning, not even root.
      await owner.changeSettings({ paths: [...paths, "/proc/self/mem"] });
      const run = await backupNow(owner, marketplace);
      expect(run).toMatchObject({ state: "incomplete", problem: { code: "incomplete" } });
      expect(await owner.log(run.id)).toMatch(/cannot read \/proc\/self\/mem/);
      const [one] = await owner.snapshots(marketplace);
      expect(one).toMatchObject({ complete: false, copies: ["marketplace-1", "marketplace-2"] });
    },
  );

  it("without any of its paths is a failure, not an empty snapshot", async () => {
    const world = await startWorld();
    const { owner } = await startThreebot(world);
    await owner.setUpMarketplace({ name: "alice", password, token });
    const run = await backupNow(owner, marketplace);
    expect(run).toMatchObject({ state: "failed", problem: { code: "no-source" } });
  });

  it("threat 30, defect 12: the state and its secrets are in no backup, also where they lie in a path", async () => {
    const world = await startWorld();
    const folder = (await startThreebot(world)).home;
    const stateFolder = join(folder, ".config/jumpscale/backup");
    const { owner } = await startThreebot(world, { home: folder, stateFolder });
    await fillHome(folder);
    await owner.setUpMarketplace({ name: "alice", password, token });
    await backupNow(owner, marketplace);
    const page = { offset: 0, limit: 100 };
    const { entries } = await owner.list(marketplace, "latest", join(folder, ".config/jumpscale"), page);
    expect(entries.map(({ name }) => name)).toEqual(["config.toml", "many", "secure"]);
    expect(await owner.search(marketplace, "secret.key", 10)).toEqual([]);
  });

  it("defects 10 and 16: stops a copy at its first failure, and never forgets after a failed backup", async () => {
    const world = await startWorld();
    const { owner, home } = await readyThreebot(world);
    await owner.changeSettings({ retention: { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0 } });
    await backupNow(owner, marketplace);
    // The second server takes nothing any more.
    await world.servers[1].rest.accounts.setPolicy("alice", { quota: 1 });
    world.clock.advance(day);
    await writeFile(join(home, ".ssh/known_hosts"), randomBytes(100_000));
    // The server believes what it knows of an account for three seconds.
    await new Promise((resolve) => setTimeout(resolve, 3_100));
    const run = await backupNow(owner, marketplace);
    expect(run.state, await explain(owner, run)).toBe("incomplete");
    const log = await owner.log(run.id);
    expect(log).toMatch(/check marketplace-1/);
    expect(log).not.toMatch(/forget marketplace-2/);
    const snapshots = await owner.snapshots(marketplace);
    expect(snapshots.map(({ copies }) => copies)).toEqual([["marketplace-1"], ["marketplace-2"]]);
  });

  it("defect 16: retention holds also after the 3Bot moved to another machine", async () => {
    const world = await startWorld();
    const first = await readyThreebot(world);
    await backupNow(first.owner, marketplace);
    await first.owner.stop();
    const second = await startThreebot(world);
    await ended(
      second.owner,
      await second.owner.recover({ from: { place: marketplace, name: "alice", password } }),
    );
    await second.owner.changeSettings({ retention: { last: 2, daily: 0, weekly: 0, monthly: 0, yearly: 0 } });
    for (let round = 0; round < 2; round++) {
      world.clock.advance(day);
      await backupNow(second.owner, marketplace);
    }
    const snapshots = await second.owner.snapshots(marketplace);
    expect(snapshots.map(({ snapshot }) => snapshot.hostname)).toEqual(["alice", "alice"]);
  });

  it("defect 19: begins at once, tells how far it is, and can be cancelled", async () => {
    const world = await startWorld();
    const { owner, home } = await readyThreebot(world);
    await writeFile(join(home, ".config/jumpscale/large"), Buffer.alloc(40 * 1024 * 1024, "x"));
    const stop = new AbortController();
    const events: OwnerEvent[] = [];
    const listening = (async () => {
      for await (const event of owner.events(stop.signal)) events.push(event);
    })();
    const run = await owner.backup({ place: marketplace });
    expect(run).toMatchObject({ state: "running", by: "owner", kind: "backup" });
    expect((await owner.status()).places[0]?.running?.id).toBe(run.id);
    await expect(owner.backup({ place: marketplace })).rejects.toMatchObject({ code: "locked" });
    const cancelled = await owner.cancel(run.id);
    expect(cancelled).toMatchObject({ state: "cancelled", unread: false });
    expect(await owner.snapshots(marketplace)).toEqual([]);
    const whole = await backupNow(owner, marketplace);
    expect(whole.state, await explain(owner, whole)).toBe("done");
    await waitFor(() => events.some((event) => event.type === "run" && event.run.state === "done"));
    expect(events.some((event) => event.type === "run" && event.run.progress !== undefined)).toBe(true);
    expect(events).toContainEqual({ type: "snapshots", place: marketplace });
    stop.abort();
    await listening;
  });

  it("is one at a time also across processes, and one of a process that died is interrupted", async () => {
    const world = await startWorld();
    const first = await readyThreebot(world);
    const run = await first.owner.backup({ place: marketplace });
    const second = await startThreebot(world, first);
    await expect(second.owner.backup({ place: marketplace })).rejects.toMatchObject({ code: "locked" });
    expect((await ended(first.owner, run)).state).toBe("done");

    // As a process that was killed in the middle leaves it.
    const id = "00000000000001-00000000";
    const record = {
      id,
      kind: "backup",
      place: marketplace,
      by: "schedule",
      started: "2026-03-01T10:00:00Z",
      state: "running",
      step: "prune marketplace-1",
      snapshots: [],
      unread: false,
      worker: "999999-0000",
    };
    const records = join(first.stateFolder, "records");
    for (const [name, content] of [
      [`runs/${id}`, record],
      [`workers/${record.worker}`, { pid: 999_999, beat: new Date().toISOString() }],
    ] as const) {
      await mkdir(join(records, name), { recursive: true });
      await writeFile(join(records, name, "1.json"), JSON.stringify(content));
    }
    const claim = join(records, "claims", marketplace, "999.json");
    await writeFile(claim, JSON.stringify({ worker: record.worker, run: id }));
    const third = await startThreebot(world, first);
    await third.owner.setAutomatic(marketplace, false);
    await third.owner.start();
    expect(await third.owner.run(id)).toMatchObject({ state: "interrupted", unread: true });
    expect((await backupNow(third.owner, marketplace)).state).toBe("done");
  });

  it("is recorded with its log, newest first", async () => {
    const world = await startWorld();
    const { owner } = await readyThreebot(world);
    const first = await backupNow(owner, marketplace);
    world.clock.advance(day);
    const second = await backupNow(owner, marketplace);
    expect((await owner.runs({ limit: 10 })).map(({ id }) => id)).toEqual([second.id, first.id]);
    expect((await owner.runs({ limit: 10, before: second.id })).map(({ id }) => id)).toEqual([first.id]);
    const log = await owner.log(first.id);
    const places = ["unlock", "backup", "forget", "check"].map((step) =>
      log.indexOf(`${step} marketplace-1`),
    );
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    await expect(owner.log("../../etc/passwd")).rejects.toMatchObject({ code: "not-found" });
  });
});

describeWithRestic("what a 3Bot has backed up", () => {
  it("restic opens with the derived password, and finds whole", async () => {
    const world = await startWorld();
    const { owner, home } = await readyThreebot(world);
    await backupNow(owner, marketplace);
    world.clock.advance(day);
    await fillHome(home, 1);
    await owner.changeSettings({ retention: { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0 } });
    const run = await backupNow(owner, marketplace);
    expect(run.state, await explain(owner, run)).toBe("done");
    const { repositoryPassword } = await deriveCredentials(parseName("alice"), password);
    for (const { folder } of world.servers) {
      const options = { repo: join(folder, "alice"), env: { RESTIC_PASSWORD: repositoryPassword } };
      succeed(await runRestic(["check", "--read-data", "--no-lock", "--no-cache"], options));
      const listed = succeed(await runRestic(["snapshots", "--json", "--no-lock", "--no-cache"], options));
      expect(JSON.parse(listed.stdout)).toHaveLength(1);
      const target = join(home, "restored");
      succeed(await runRestic(["restore", "latest", "--target", target, "--no-lock", "--no-cache"], options));
      expect(await readFile(join(target, home, ".ssh/id_ed25519"), "utf8")).toBe("-----BEGIN KEY-----\n");
      await rm(target, { recursive: true });
    }
  });
});
