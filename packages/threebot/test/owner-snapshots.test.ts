import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OwnerService } from "@tastic/threebot";
import { beforeEach, describe, expect, it } from "vitest";
import {
  backupNow,
  day,
  ended,
  explain,
  fillHome,
  password,
  startThreebot,
  startWorld,
  token,
  type World,
} from "./owner-support.js";

const place = "marketplace";
const page = { offset: 0, limit: 100 };

let world: World;
let owner: OwnerService;
let home: string;

beforeEach(async () => {
  world = await startWorld();
  ({ owner, home } = await startThreebot(world));
  await fillHome(home);
  await owner.setUpMarketplace({ name: "alice", password, token });
  await backupNow(owner, place, ["first"]);
  world.clock.advance(day);
});

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("browsing", () => {
  it("lists folders page by page, reads files, and makes zips of folders", async () => {
    const many = join(home, ".config/jumpscale/many");
    const all = await owner.list(place, "latest", many, page);
    expect(all.total).toBe(20);
    expect(all.entries[0]).toMatchObject({ name: "0.txt", path: join(many, "0.txt"), type: "file", size: 7 });
    const some = await owner.list(place, "latest", many, { offset: 5, limit: 3 });
    expect(some.entries).toEqual(all.entries.slice(5, 8));
    expect((await owner.list(place, "latest", "/", page)).total).toBeGreaterThan(0);
    const file = join(home, ".ssh/id_ed25519");
    expect((await bytesOf(await owner.read(place, "latest", file))).toString()).toBe("-----BEGIN KEY-----\n");
    const zip = await bytesOf(await owner.archive(place, "latest", many));
    expect(zip.subarray(0, 2).toString()).toBe("PK");
    expect(zip.includes("19.txt")).toBe(true);
    await expect(owner.read(place, "latest", many)).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(owner.read(place, "latest", join(home, "nothing"))).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(owner.list(place, "latest", "/../..", page)).rejects.toMatchObject({
      code: "invalid-argument",
    });
    // A stream that nobody reads to its end lets go of what it held.
    await writeFile(join(home, ".ssh/large"), randomBytes(9_000_000));
    await backupNow(owner, place);
    for await (const piece of await owner.read(place, "latest", join(home, ".ssh/large"))) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect((await backupNow(owner, place)).state).toBe("done");
  });

  it("finds names over all snapshots, the versions of a file, and what changed", async () => {
    await fillHome(home, 1);
    await rm(join(home, ".config/jumpscale/many/7.txt"));
    await writeFile(join(home, ".config/jumpscale/many/new.txt"), "new");
    await backupNow(owner, place);
    const [newer, older] = await owner.snapshots(place);
    const script = join(home, "sandbox/code/playground/script.py");
    const found = await owner.search(place, "SCRIPT", 10);
    expect(found.map(({ snapshot, entry }) => [snapshot, entry.path])).toEqual([
      [newer?.id, script],
      [older?.id, script],
    ]);
    expect(await owner.versions(place, script)).toEqual(found);
    // The same content in both snapshots is one version, of the newest that has it.
    const same = await owner.versions(place, join(home, ".ssh/id_ed25519"));
    expect(same.length).toBeGreaterThan(0);
    expect(await owner.search(place, "*.txt", 5)).toHaveLength(5);
    expect((await owner.search(place, "playground", 10)).every(({ entry }) => entry.type === "dir")).toBe(
      true,
    );
    const changes = await owner.diff(place, older?.id ?? "", newer?.id ?? "", 100);
    expect(changes).toContainEqual({ path: join(home, ".config/jumpscale/many/7.txt"), change: "removed" });
    expect(changes).toContainEqual({ path: join(home, ".config/jumpscale/many/new.txt"), change: "added" });
    expect(changes).toContainEqual({ path: script, change: "changed" });
    expect(await owner.diff(place, older?.id ?? "", newer?.id ?? "", 1)).toHaveLength(1);
  });

  it("tags choose snapshots, any of several", async () => {
    await backupNow(owner, place, ["second"]);
    expect(await owner.snapshots(place, ["second"])).toHaveLength(1);
    expect(await owner.snapshots(place, ["first", "second"])).toHaveLength(2);
    expect(await owner.snapshots(place, ["third"])).toEqual([]);
  });
});

describe("snapshots", () => {
  it("defects 16 and 18: what retention keeps, it says why, and a simulation changes nothing", async () => {
    for (let i = 0; i < 4; i++) {
      await backupNow(owner, place);
      world.clock.advance(day);
    }
    const retention = { last: 1, daily: 3, weekly: 0, monthly: 0, yearly: 0 };
    const simulated = await owner.simulateRetention(place, retention);
    expect(simulated.map(({ kept }) => kept)).toEqual([
      ["last 1", "daily 1"],
      ["daily 2"],
      ["daily 3"],
      [],
      [],
    ]);
    expect(await owner.snapshots(place)).toHaveLength(5);
    const oldest = simulated.at(-1)?.id ?? "";
    await owner.pin(place, oldest, true);
    await owner.changeSettings({ retention });
    const run = await backupNow(owner, place);
    expect(run.state, await explain(owner, run)).toBe("done");
    const left = await owner.snapshots(place);
    expect(left.map(({ pinned, copies }) => [pinned, copies.length])).toEqual([
      [false, 2],
      [false, 2],
      [false, 2],
      [true, 2],
    ]);
    expect(left.at(-1)?.kept).toEqual(["pinned"]);
    // By its old id, too: whoever pinned it still has that on the page.
    await owner.pin(place, oldest, false);
    await backupNow(owner, place);
    expect(await owner.snapshots(place)).toHaveLength(3);
  });

  it("that are tagged or forgotten while a copy is away are so there, too, when it comes back", async () => {
    await backupNow(owner, place, ["to go"]);
    const [doomed, kept] = await owner.snapshots(place);
    await world.servers[0].stop();
    await owner.tag(place, kept?.id ?? "", { add: ["mine", "passing"], remove: ["first"] });
    await owner.tag(place, kept?.id ?? "", { add: ["yours"], remove: ["passing"] });
    await owner.forget(place, [doomed?.id ?? ""]);
    expect(await owner.snapshots(place)).toHaveLength(1);
    await world.servers[0].startAgain();
    world.clock.advance(day);
    const run = await backupNow(owner, place);
    expect(run.state, await explain(owner, run)).toBe("done");
    const all = await owner.snapshots(place);
    expect(all.map(({ copies, snapshot }) => [copies.length, snapshot.tags])).toEqual([
      [2, undefined],
      [2, expect.arrayContaining(["init", "mine", "yours"])],
    ]);
    expect(all[1]?.snapshot.tags).toHaveLength(3);
    for (const { folder } of world.servers)
      expect(await readdir(join(folder, "alice/snapshots"))).toHaveLength(2);

    // And when something else is changed before the next run.
    await world.servers[1].stop();
    await owner.tag(place, kept?.id ?? "", { add: ["late"], remove: [] });
    await world.servers[1].startAgain();
    await owner.pin(place, kept?.id ?? "", true);
    expect(await backupNow(owner, place)).toMatchObject({ state: "done" });
    const after = (await owner.snapshots(place)).at(-1);
    expect(after).toMatchObject({ pinned: true, copies: ["marketplace-1", "marketplace-2"] });
    expect(after?.snapshot.tags).toEqual(expect.arrayContaining(["late", "pinned"]));
    for (const { folder } of world.servers)
      expect(await readdir(join(folder, "alice/snapshots"))).toHaveLength(3);
  });

  it("refuse tags that restic could not name, and ids that stand for nothing", async () => {
    const [one] = await owner.snapshots(place);
    for (const tag of ["", "a,b", " a", "x".repeat(101)]) {
      await expect(owner.tag(place, one?.id ?? "", { add: [tag], remove: [] })).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
    await expect(owner.forget(place, ["f".repeat(64)])).rejects.toMatchObject({ code: "not-found" });
    await expect(owner.forget(place, [""])).rejects.toMatchObject({ code: "not-found" });
    expect(await owner.snapshots(place)).toHaveLength(1);
  });

  it("threats 18 and 20: that somebody else removed are missed, and brought back from the other copy", async () => {
    await backupNow(owner, place);
    world.clock.advance(day);
    const folder = join(world.servers[0].folder, "alice/snapshots");
    for (const name of await readdir(folder)) await rm(join(folder, name));
    const run = await backupNow(owner, place);
    expect(run).toMatchObject({ state: "incomplete", unread: true, problem: { code: "snapshots-lost" } });
    expect(run.problem?.message).toMatch(/2 snapshots of marketplace-1/);
    expect((await owner.snapshots(place)).map(({ copies }) => copies.length)).toEqual([2, 2, 2]);
    expect(await backupNow(owner, place)).toMatchObject({ state: "done" });
  });
});

describe("a drill", () => {
  it("restores a sample from each copy, and says when that was last proven", async () => {
    const run = await ended(owner, await owner.drill(place));
    expect(run.state, await explain(owner, run)).toBe("done");
    const now = new Date(world.clock.now()).toISOString();
    const [status] = (await owner.status()).places;
    expect(status?.copies.map(({ proven }) => proven)).toEqual([now, now]);
    expect(await owner.log(run.id)).toMatch(/marketplace-2: 20 files came back bit for bit/);
  });

  it("finds a copy whose data is damaged", async () => {
    const data = join(world.servers[1].folder, "alice/data");
    for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const bytes = await readFile(path);
      for (let at = 0; at < bytes.length / 2; at += 10) bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(path, bytes);
      expect(createHash("sha256").update(bytes).digest("hex")).not.toBe(entry.name);
    }
    const run = await ended(owner, await owner.drill(place));
    expect(run, await explain(owner, run)).toMatchObject({ state: "incomplete", unread: true });
    const [status] = (await owner.status()).places;
    expect(status?.copies.map(({ proven }) => proven !== undefined)).toEqual([true, false]);
    expect(status?.copies[1]?.problem).toBeDefined();
    expect((await owner.status()).verdict).toBe("attention");

    // The next run reads all of it, and mends it from the other copy.
    const mended = await backupNow(owner, place);
    expect(mended, await explain(owner, mended)).toMatchObject({
      state: "incomplete",
      problem: { code: "mended" },
    });
    expect((await owner.snapshots(place)).map(({ copies }) => copies.length)).toEqual([2, 2]);
    const second = await ended(owner, await owner.drill(place));
    expect(second.state, await explain(owner, second)).toBe("done");
    expect(await backupNow(owner, place)).toMatchObject({ state: "done" });
    expect((await owner.status()).places[0]?.copies[1]?.problem).toBeUndefined();
  });

  it("a copy that has lost packs is made whole from the other in the next run", async () => {
    const data = join(world.servers[0].folder, "alice/data");
    for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) await rm(join(entry.parentPath, entry.name));
    }
    const run = await backupNow(owner, place);
    expect(run, await explain(owner, run)).toMatchObject({ state: "incomplete" });
    expect(await owner.log(run.id)).toMatch(/mend marketplace-1/);
    const second = await backupNow(owner, place);
    expect(second.state, await explain(owner, second)).toBe("done");
    expect((await owner.snapshots(place)).map(({ copies }) => copies.length)).toEqual([2, 2, 2]);
    const drill = await ended(owner, await owner.drill(place));
    expect(drill.state, await explain(owner, drill)).toBe("done");
  });
});
