/** `find` beside restic's: names, times, blobs, trees and packs, in text and JSON, good and bad input. */
import { chmod, cp, open, rm } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { expectSame, itComparedEnough } from "./cli-side-by-side.js";
import type { CompareOptions, Said } from "./cli-side-by-side.js";
import { comparedPassword, makeComparedRepository, runOn } from "./support/compared-repository.js";
import type { ComparedRepository } from "./support/compared-repository.js";
import { describeWithRestic, temporaryFolder } from "./support/peers.js";

describeWithRestic("find", () => {
  let made: ComparedRepository;
  const find = (args: readonly string[], options: CompareOptions = {}): Promise<Said> =>
    expectSame(["find", "--no-lock", ...args], { ...runOn(made), ...options });

  beforeAll(async () => {
    made = await makeComparedRepository(`${await temporaryFolder()}/repo`);
  });

  describe("by name", () => {
    it.each([
      [["a"]],
      [["a", "--json"]],
      [["-R", "a"]],
      [["--reverse", "a", "--json"]],
      [["-l", "a*"]],
      [["--long", "--human-readable", "*"]],
      [["--human-readable", "*"]],
      [["*", "--json"]],
      [[""]],
      [["/"]],
      [["", "--json"]],
      [["!a", "changed"]],
      [["-i", "README.txt", "GRÖSSE*", "A"]],
      [["-i", "GRÖßE*", "--json"]],
      [["readme.txt"]],
      [["/kept"]],
      [["/kept/*"]],
      [["/kept/**/c.txt"]],
      [["kept/deep"]],
      [["**/c.*", "-q"]],
      [["deep/c.txt", "nothing", "-v"]],
      [["bad-*"]],
      [["bad-*", "--json"]],
      [["new?line", "-l"]],
      [["link-to-folder", "file-to-link", "-l"]],
      [["link-to-folder", "file-to-link", "device", "owned", "--json"]],
      [["nothing-at-all"]],
      [["nothing-at-all", "--json"]],
      [["nothing-at-all", "-q"]],
    ])("%j", async (args) => {
      await find(args);
    });

    it.each([
      [["-O", "2021-01-01", "*"]],
      [["-N", "2000-01-01", "*"]],
      [["--oldest", "2020-01-01", "--newest", "2020-12-31 23:59", "*"]],
      [["-O", "2020-01-02 03:04:05", "-N", "2020-01-02 03:04:06", "touched"]],
      [["-N", "2020-01-02 03:04:05", "touched"]],
      [["-O", "2020-02-29 10:00:00 +0000", "far-east"]],
      [["-O", "29.02.2020 23:59:59 +1400", "-N", "01.03.2020", "far-east"]],
      [["-O", "29.02.2020 09:59", "-N", "29.02.2020 10:00:00.5", "far-east", "--json"]],
      [["-O", "Sat Feb 29 09:00:00 +0000 UTC 2020", "-N", "29.02.2020 11:00:00 UTC", "far-east"]],
      [["-N", "1965-07-08  9:10:11", "before*"]],
      [["-N", "1965-07-08 09:10:12 XYZ", "before*"]],
      [["-O", "2020-01-01", "-N", "2020-01-01", "nothing"]],
    ])("and time %j", async (args) => {
      await find(args);
    });

    it("and time in other zones", async () => {
      for (const TZ of ["Europe/Berlin", "America/New_York"]) {
        await find(["-O", "2020-02-29 10:59:59 CET", "far-east"], { env: { TZ } });
        await find(["-N", "2020-02-29 10:59:58", "far-east", "-l"], { env: { TZ } });
        await find(["-O", "2021-06-07 08:09:10 CEST", "touched", "--json"], { env: { TZ } });
      }
    });

    it("in chosen snapshots", async () => {
      const [first, second] = made.snapshots;
      for (const args of [
        ["-s", first, "changed"],
        ["-s", second.slice(0, 9), "-s", first, "changed", "--json"],
        ["-s", "latest", "-s", "latest", "changed"],
        ["-s", "nosuch", "changed"],
        ["-s", "nosuch", "changed", "--json"],
        ["-s", first, "--host", "h", "changed"],
        ["--host", "other", "changed"],
        ["-H", "nobody", "changed", "--json"],
        ["--tag", "a,b", "changed"],
        ["--tag", "old", "--tag", "a", "changed", "-R"],
        ["--path", "/home/x", "gone"],
        ["--path", "/home", "gone"],
      ]) {
        await find(args);
      }
    });
  });

  it("the wrong way", async () => {
    for (const args of [
      [],
      ["--json"],
      ["-O", "yesterday", "a"],
      ["-N", 'a "quoted" one', "a", "--json"],
      ["-O", "2020-02-30", "a"],
      ["-O", "2020-01-01 25:00", "a"],
      ["-O", "2020-01-01T00:00:00Z", "a"],
      ["-O", "2030-01-01", "-N", "2000-01-01", "a"],
      ["--blob", "--tree", "a"],
      ["--blob", "--pack", "a", "--json"],
      ["--tree", "--pack", "a"],
      ["--nosuch", "a"],
      ["-O"],
      ["a", "--snapshot"],
      ["-x", "a"],
    ]) {
      const { code } = await find(args);
      expect(code, args.join(" ")).toBe(1);
    }
  });

  it("a malformed pattern, of which restic also prints where in its source it gave up (difference 2)", async () => {
    const mask = (text: string): string =>
      text.replace(/^(syntax error in pattern)[^]*$|^find: invalid pattern[^]*$/, "NO PATTERN\n");
    const { code } = await find(["a", "["], { mask });
    expect(code).toBe(1);
  });

  describe("by ID", () => {
    it("blobs", async () => {
      const { shared, goneBlob, keptTree } = made;
      for (const args of [
        [shared],
        [shared, "--json"],
        [shared.slice(0, 8), goneBlob],
        [goneBlob.slice(0, 8), "--json", "-R"],
        [goneBlob.slice(0, 7)],
        ["zz", "--json"],
        [""],
        [goneBlob, "--show-pack-id"],
        [goneBlob.slice(0, 8), "--show-pack-id", "--json"],
        ["abc", "--show-pack-id"],
        [keptTree, "--show-pack-id"],
        ["x".repeat(64), "--show-pack-id"],
        [shared, "--host", "other"],
        [shared, "-s", made.snapshots[0], "-q"],
      ]) {
        await find(["--blob", ...args]);
      }
    });

    it("trees", async () => {
      const { shared, goneTree, keptTree, root } = made;
      for (const args of [
        [keptTree],
        [keptTree, "--json"],
        [root],
        [root, keptTree, "--json"],
        [goneTree.slice(0, 8), keptTree],
        [keptTree, goneTree, root, "-R"],
        [goneTree.slice(0, 8), "--show-pack-id"],
        [goneTree, "--show-pack-id", "-q"],
        [shared, "--show-pack-id"],
        ["nosuch", "--json"],
      ]) {
        await find(["--tree", ...args]);
      }
    });

    it("packs", async () => {
      const { dataPack, treePack } = made;
      const sorted = true;
      for (const args of [
        [dataPack],
        [dataPack.slice(0, 8), "--json"],
        [treePack],
        [treePack, dataPack, "--json"],
        [treePack, "-R", "--host", "h"],
        [treePack.slice(0, 7)],
        [treePack, "zz", "yy"],
        ["zz", "--json"],
        [""],
      ]) {
        await find(["--pack", ...args]);
      }
      // In what order packs are told is random in restic.
      await find(["--pack", dataPack, treePack, "--show-pack-id"], { sorted });
    });

    it("does not look into packs for names", async () => {
      await find(["a", "--show-pack-id"]);
    });
  });

  describe("in a damaged repository", () => {
    let damaged: string;
    const args = ["--no-cache", "find", "--no-lock"];
    const options = (): CompareOptions => ({
      repo: damaged,
      password: comparedPassword,
      // restic tells of each attempt.
      mask: (text) => text.replace(/^Load\(.*\n/gm, ""),
    });

    beforeAll(async () => {
      damaged = `${await temporaryFolder()}/repo`;
      await cp(made.path, damaged, { recursive: true });
    });

    it("goes on where a tree is damaged, and says so (difference 14)", async () => {
      const path = packPath(damaged, made.treePack);
      await chmod(path, 0o600);
      const pack = await open(path, "r+");
      // The first tree of a pack is the deepest.
      await pack.write(Buffer.from("damage"), 0, 6, 40);
      await pack.close();
      await expectSame([...args, "a", "c.txt"], options());
      // Whether the array or what is wrong comes first is random in restic.
      await expectSame([...args, "c.txt", "--json"], { ...options(), sorted: true });
      const { stdout } = await expectSame([...args, "--blob", made.shared], options());
      expect(stdout).toContain("Unable to load tree");
      await expectSame([...args, "--tree", made.keptTree, made.root], options());
    });

    it("knows from the index what a missing pack held", async () => {
      await rm(packPath(damaged, made.dataPack));
      await expectSame([...args, "--pack", made.dataPack], options());
      await expectSame([...args, "--pack", made.dataPack.slice(0, 8), "zz"], options());
    });
  });
});

itComparedEnough("cli-find");

function packPath(repo: string, pack: string): string {
  return `${repo}/data/${pack.slice(0, 2)}/${pack}`;
}
