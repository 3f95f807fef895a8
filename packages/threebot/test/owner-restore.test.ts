import { chmod, lstat, mkdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OwnerService, RestoreRequest } from "@tastic/threebot";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { treeOf } from "../../../test/support/trees.js";
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
  type Threebot,
  type World,
} from "./owner-support.js";

const place = "marketplace";

let world: World;
let threebot: Threebot;
let owner: OwnerService;
let home: string;

beforeEach(async () => {
  world = await startWorld();
  threebot = await startThreebot(world);
  ({ owner, home } = threebot);
  await fillHome(home);
  await owner.setUpMarketplace({ name: "alice", password, token });
  await backupNow(owner, place);
  world.clock.advance(day);
});

function request(change: Partial<RestoreRequest> = {}): RestoreRequest {
  return { place, snapshot: "latest", paths: [], target: undefined, existing: "replace", ...change };
}

async function restoreNow(change: Partial<RestoreRequest> = {}): Promise<void> {
  const run = await ended(owner, await owner.restore(request(change)));
  expect(run.state, await explain(owner, run)).toBe("done");
}

describe("restoring", () => {
  it("defect 20: a chosen snapshot, a chosen part of it, to a chosen folder", async () => {
    const [first] = await owner.snapshots(place);
    await fillHome(home, 1);
    await backupNow(owner, place);
    const target = join(home, "elsewhere");
    const script = join(home, "sandbox/code/playground/script.py");
    await restoreNow({ snapshot: first?.id.slice(0, 8) ?? "", paths: [script], target });
    expect(await readFile(join(target, script), "utf8")).toBe("print(0)\n");
    expect(Object.keys(await treeOf(target)).filter((path) => path.includes("."))).toEqual([
      expect.stringMatching(/script\.py$/),
    ]);
    await restoreNow({ snapshot: "latest", target });
    expect(await readFile(join(target, script), "utf8")).toBe("print(1)\n");
  });

  it("defect 9, threat 6: in place, what is there is kept in a snapshot first", async () => {
    const script = join(home, "sandbox/code/playground/script.py");
    await writeFile(script, "not backed up yet\n");
    await restoreNow({ paths: [join(home, "sandbox/code")] });
    expect(await readFile(script, "utf8")).toBe("print(0)\n");
    const [safety, original] = await owner.snapshots(place);
    expect(safety).toMatchObject({
      complete: false,
      kept: ["safety"],
      copies: ["marketplace-1", "marketplace-2"],
    });
    expect(safety?.snapshot.tags).toEqual(["safety"]);
    expect(original?.complete).toBe(true);
    await restoreNow({ snapshot: safety?.id ?? "", existing: "replace" });
    expect(await readFile(script, "utf8")).toBe("not backed up yet\n");
    const found = await owner.findRecoverable({ place, name: "alice", password });
    expect(found.newestComplete).toBe(original?.id);
  });

  it("a preview says what would happen, and changes nothing", async () => {
    const many = join(home, ".config/jumpscale/many");
    await rm(join(many, "0.txt"));
    await rm(join(many, "1.txt"));
    await writeFile(join(many, "2.txt"), "changed later\n");
    await utimes(join(many, "2.txt"), new Date("2040-01-01"), new Date("2040-01-01"));
    const before = await treeOf(home);
    const counts = (await owner.previewRestore(request())) satisfies object;
    expect(counts).toMatchObject({ create: 2, replace: 1, kept: 0, unchanged: 22 });
    expect(counts.replaced).toEqual([join(many, "2.txt")]);
    expect(await owner.previewRestore(request({ existing: "keep" }))).toMatchObject({
      create: 2,
      replace: 0,
      kept: 1,
      unchanged: 22,
    });
    expect(await owner.previewRestore(request({ existing: "replace-older" }))).toMatchObject({
      create: 2,
      replace: 0,
      kept: 1,
    });
    expect(await treeOf(home)).toEqual(before);
    await restoreNow({ existing: "keep" });
    expect(await readFile(join(many, "2.txt"), "utf8")).toBe("changed later\n");
    expect(await readFile(join(many, "0.txt"), "utf8")).toBe("file 0\n");
    await restoreNow({ snapshot: (await owner.snapshots(place)).at(-1)?.id ?? "", existing: "replace" });
    expect(await readFile(join(many, "2.txt"), "utf8")).toBe("file 2\n");
  });

  it("what one copy cannot give any more comes from the other", async () => {
    const packs = join(world.servers[0].folder, "alice/data");
    await rm(packs, { recursive: true });
    await mkdir(packs);
    const target = join(home, "back");
    await restoreNow({ target });
    expect(await treeOf(join(target, home, ".config"))).toEqual(await treeOf(join(home, ".config")));
  });

  it("threat 32: goes nowhere outside of the roots, also not through a link", async () => {
    const outside = await temporaryFolder();
    await symlink(outside, join(home, "link"));
    for (const target of [
      outside,
      "/",
      "/etc",
      join(home, "link"),
      join(home, "link/deeper"),
      join(home, ".."),
    ]) {
      await expect(owner.restore(request({ target })), target).rejects.toMatchObject({ code: "unsafe-path" });
      await expect(owner.previewRestore(request({ target })), target).rejects.toMatchObject({
        code: "unsafe-path",
      });
    }
    for (const paths of [["../../etc"], ["/home/../../etc/passwd"]]) {
      await expect(owner.restore(request({ paths }))).rejects.toMatchObject({ code: "unsafe-path" });
    }
    await expect(owner.restore(request({ target: threebot.stateFolder }))).rejects.toMatchObject({
      code: "unsafe-path",
    });
    await expect(owner.restore(request({ snapshot: "0000000000" }))).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("a folder in place that has become a link is replaced, never followed", async () => {
    const outside = await temporaryFolder();
    await rm(join(home, "sandbox/code/playground"), { recursive: true });
    await symlink(outside, join(home, "sandbox/code/playground"));
    await restoreNow();
    expect(await treeOf(outside)).toEqual({});
    expect(await readFile(join(home, "sandbox/code/playground/script.py"), "utf8")).toBe("print(0)\n");
    expect((await lstat(join(home, "sandbox/code/playground"))).isDirectory()).toBe(true);
  });

  it("threat 32: nor is anything backed up that is outside of the roots", async () => {
    await symlink("/etc", join(home, "etc"));
    for (const path of ["/etc/shadow", "/", "~/../..", "~/etc/passwd"]) {
      await expect(owner.changeSettings({ paths: ["~/.ssh", path] }), path).rejects.toMatchObject({
        code: "unsafe-path",
      });
    }
    const narrow = await startThreebot(world, { ...threebot, restoreRoots: [join(home, "only here")] });
    await expect(narrow.owner.restore(request())).rejects.toMatchObject({ code: "unsafe-path" });
  });
});

describe("recovering", () => {
  it("on a machine where the home folder is another, and goes on with the paths and excludes it had", async () => {
    await mkdir(join(home, "documents"));
    await writeFile(join(home, "documents/letter.txt"), "dear");
    await writeFile(join(home, "documents/junk.tmp"), "junk");
    const { paths } = await owner.settings();
    await owner.changeSettings({ paths: [...paths, "~/documents"], excludes: ["*.tmp"] });
    await chmod(join(home, ".ssh/id_ed25519"), 0o600);
    await backupNow(owner, place);
    await rm(join(home, "documents/junk.tmp"));
    const before = await treeOf(home);
    await owner.stop();
    const other = await startThreebot(world);
    const from = { place, name: "alice", password } as const;
    const run = await ended(other.owner, await other.owner.recover({ from }));
    expect(run.state, await explain(other.owner, run)).toBe("done");
    expect(await treeOf(other.home)).toEqual(before);
    expect((await stat(join(other.home, ".ssh/id_ed25519"))).mode & 0o777).toBe(0o600);
    const settings = await other.owner.settings();
    expect(settings.paths).toEqual([...paths, "~/documents"]);
    expect(settings.excludes).toEqual(["*.tmp"]);
    world.clock.advance(day);
    expect((await backupNow(other.owner, place)).state).toBe("done");
  });

  it("to a folder, from any snapshot, leaves the home folder alone", async () => {
    const [first] = await owner.snapshots(place);
    await fillHome(home, 7);
    await backupNow(owner, place);
    await owner.stop();
    const other = await startThreebot(world);
    const target = join(other.home, "recovered");
    const from = { place, name: "alice", password } as const;
    const run = await ended(
      other.owner,
      await other.owner.recover({ from, snapshot: first?.id ?? "", target }),
    );
    expect(run.state, await explain(other.owner, run)).toBe("done");
    const script = join(target, home, "sandbox/code/playground/script.py");
    expect(await readFile(script, "utf8")).toBe("print(0)\n");
    expect(Object.keys(await treeOf(other.home)).every((path) => path.startsWith("recovered"))).toBe(true);
  });

  it("with a wrong password says so, and changes nothing", async () => {
    const other = await startThreebot(world);
    const from = { place, name: "alice", password: "wrong" } as const;
    await expect(other.owner.findRecoverable(from)).rejects.toMatchObject({ code: "wrong-password" });
    const run = await ended(other.owner, await other.owner.recover({ from }));
    expect(run).toMatchObject({ state: "failed", problem: { code: "wrong-password" } });
    expect((await other.owner.status()).verdict).toBe("new");
  });

  it("keeps what a fresh 3Bot already had, before it is written over", async () => {
    const other = await startThreebot(world);
    await mkdir(join(other.home, ".ssh"));
    await writeFile(join(other.home, ".ssh/id_ed25519"), "of the new machine");
    const from = { place, name: "alice", password } as const;
    const run = await ended(other.owner, await other.owner.recover({ from }));
    expect(run.state, await explain(other.owner, run)).toBe("done");
    expect(await readFile(join(other.home, ".ssh/id_ed25519"), "utf8")).toBe("-----BEGIN KEY-----\n");
    const safety = (await other.owner.snapshots(place)).find(({ snapshot }) =>
      snapshot.tags?.includes("safety"),
    );
    const bytes: Uint8Array[] = [];
    const path = join(other.home, ".ssh/id_ed25519");
    for await (const piece of await other.owner.read(place, safety?.id ?? "", path)) bytes.push(piece);
    expect(Buffer.concat(bytes).toString()).toBe("of the new machine");
  });
});
