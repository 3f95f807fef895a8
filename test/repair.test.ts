/**
 * `repair index` and `repair packs` on damaged repositories: tastic says and does what restic does, and what is whole
 * stays (restic's own tests: TestRebuildIndex, TestRepairPackfiles, TestEdgeCaseRepos).
 */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { itComparedEnough } from "./cli-side-by-side.js";
import { damagedTwins, flipByte, packsOf, truncateFile } from "./support/damaged-twins.js";
import type { KnownPack } from "./support/damaged-twins.js";
import { makeHistory } from "./support/history.js";
import { describeWithRestic, temporaryFolder } from "./support/peers.js";

describeWithRestic("repairing the index and packs", () => {
  let repo = "";
  let dataPack: KnownPack;
  let treePack: KnownPack;
  beforeAll(async () => {
    const home = await temporaryFolder();
    repo = `${home}/repo`;
    await makeHistory(repo, `${home}/source`, { backups: 3, files: 8, largest: 60_000 });
    const packs = await packsOf(repo);
    dataPack = packs.find(({ type }) => type === "data")!;
    treePack = packs.find(({ type }) => type === "tree")!;
  });

  const indexFile = async (copy: string): Promise<string> =>
    join(copy, "index", (await readdir(join(copy, "index"))).sort()[0]!);

  it("makes the index anew where nothing is wrong", async () => {
    const twins = await damagedTwins(repo, async () => undefined);
    await twins.run(["repair", "index"]);
    await twins.run(["repair", "index", "-vv"]);
    await twins.run(["repair", "index", "--read-all-packs", "-vv"]);
    await twins.run(["repair", "index", "--json"]);
    await twins.run(["repair", "index", "-q"]);
    await twins.run(["rebuild-index", "--read-all-packs"]);
    expect(await twins.check()).toBe(true);
  });

  it.each<[string, (copy: string) => Promise<void>, boolean]>([
    ["a pack that is missing", (copy) => rm(join(copy, dataPack.path)), false],
    ["a tree pack that is missing", (copy) => rm(join(copy, treePack.path)), false],
    ["a pack that was cut off", (copy) => truncateFile(join(copy, dataPack.path), 50_000), false],
    ["an empty pack", (copy) => truncateFile(join(copy, dataPack.path), 0), false],
    ["an index file that is missing", async (copy) => rm(await indexFile(copy)), true],
    ["no index at all", (copy) => rm(join(copy, "index"), { recursive: true }), true],
    ["an index file that was damaged", async (copy) => flipByte(await indexFile(copy), 50), true],
    ["an index file that was cut off", async (copy) => truncateFile(await indexFile(copy), 20), true],
    [
      "a pack that nobody lists and that is none",
      (copy) => writeFile(join(copy, "data", "00", "00".repeat(32)), "nonsense"),
      true,
    ],
  ])("repairs the index: %s", async (_, damage, isWholeAgain) => {
    const twins = await damagedTwins(repo, damage);
    await twins.run(["repair", "index", "-v"]);
    expect(await twins.check()).toBe(isWholeAgain);
    await twins.run(["repair", "index"]);
    expect(await twins.check()).toBe(isWholeAgain);
  });

  it("does without a header that was damaged only when it is asked to read it", async () => {
    const twins = await damagedTwins(repo, (copy) => flipByte(join(copy, dataPack.path), -40));
    await twins.run(["repair", "index", "-vv"]);
    await twins.run(["repair", "index", "--read-all-packs", "-vv"]);
    expect(await twins.check()).toBe(false);
  });

  it("lists packs once that two index files listed", async () => {
    const twins = await damagedTwins(repo, async () => undefined);
    const first = await indexFile(twins.tastic);
    const content = await readFile(first);
    await twins.run(["repair", "index"]);
    await writeFile(first, content);
    await writeFile(first.replace("/tastic/", "/restic/"), content);
    await twins.run(["repair", "index"]);
    expect(await twins.check()).toBe(true);
  });

  it.each<[string, (copy: string) => Promise<void>, boolean]>([
    ["flipped bits", (copy) => flipByte(join(copy, dataPack.path), 10_000), false],
    ["flipped bits in the header", (copy) => flipByte(join(copy, dataPack.path), -40), true],
    ["a cut", (copy) => truncateFile(join(copy, dataPack.path), 50_000), false],
    ["nothing wrong", async () => undefined, true],
  ])("saves what is whole of a pack: %s", async (_, damage, isWholeAgain) => {
    const twins = await damagedTwins(repo, damage);
    const damaged = await readFile(join(twins.tastic, dataPack.path));
    await twins.run(["repair", "packs", dataPack.id, "-vv"]);
    // The copy, as it was.
    const copy = await readFile(join(twins.tastic, "..", "at-tastic", `pack-${dataPack.id}`));
    expect(copy.equals(damaged)).toBe(true);
    expect(await twins.check()).toBe(isWholeAgain);
    // It is not there any more.
    expect((await packsOf(twins.tastic)).map(({ id }) => id)).not.toContain(dataPack.id);
  });

  it("saves what is whole of packs of files and of folders", async () => {
    const twins = await damagedTwins(repo, async (copy) => {
      await flipByte(join(copy, dataPack.path), 20_000);
      await flipByte(join(copy, treePack.path), 100);
    });
    await twins.run(["repair", "packs", dataPack.id, treePack.id, "--json"]);
    expect(await twins.check()).toBe(false);
  });

  it("refuses what is no pack, and changes nothing then", async () => {
    const twins = await damagedTwins(repo, async () => undefined);
    await twins.run(["repair", "packs"]);
    await twins.run(["repair", "packs", "nope"]);
    expect(await twins.check()).toBe(true);
  });

  it("overwrites no copy, and then leaves the pack alone", async () => {
    const twins = await damagedTwins(repo, (copy) => flipByte(join(copy, dataPack.path), 10_000));
    for (const tool of ["restic", "tastic"])
      await writeFile(join(twins.tastic, "..", `at-${tool}`, `pack-${dataPack.id}`), "mine");
    await twins.run(["repair", "packs", dataPack.id]);
    expect((await packsOf(twins.tastic)).map(({ id }) => id)).toContain(dataPack.id);
  });
});

itComparedEnough("repair");
