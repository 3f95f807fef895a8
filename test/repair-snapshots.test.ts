/**
 * `repair snapshots` on damaged repositories: tastic says and does what restic does, and afterwards nothing is wrong
 * (restic's own tests: TestRepairSnapshotsWithLostData, LostTree, LostRootTree, Intact).
 */
import { writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { itComparedEnough } from "./cli-side-by-side.js";
import { sampleBytes } from "./support/bytes.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { damagedTwins, flipByte, packsOf } from "./support/damaged-twins.js";
import type { KnownPack } from "./support/damaged-twins.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder } from "./support/peers.js";

describeWithRestic("repairing snapshots", () => {
  let repo = "";
  /** Each step is a backup of its own. */
  const steps: { readonly data: KnownPack; readonly trees: KnownPack }[] = [];
  beforeAll(async () => {
    const home = await temporaryFolder();
    repo = `${home}/repo`;
    await makeCheapRepository(repo);
    const known = new Set<string>();
    for (const [at, tag] of ["one", "two", "three"].entries()) {
      await mkdir(`${home}/source/${tag}/in "quotes"/deep`, { recursive: true });
      writeFileSync(`${home}/source/${tag}/file`, sampleBytes(30_000, at + 1));
      writeFileSync(`${home}/source/${tag}/in "quotes"/deep/näme`, sampleBytes(20_000, at + 10));
      succeed(await runRestic(["backup", "-q", "--no-cache", "--tag", tag, "source"], { repo, cwd: home }));
      const packs = (await packsOf(repo)).filter(({ id }) => !known.has(id));
      for (const { id } of packs) known.add(id);
      steps.push({
        data: packs.find(({ type }) => type === "data")!,
        trees: packs.find(({ type }) => type === "tree")!,
      });
    }
  });

  const lose =
    (choose: () => readonly KnownPack[]) =>
    async (copy: string): Promise<void> => {
      for (const { path } of choose()) await rm(join(copy, path));
    };
  const CASES: [string, (copy: string) => Promise<void>][] = [
    ["nothing wrong", async () => undefined],
    ["lost data", lose(() => [steps[0]!.data])],
    ["lost trees of the latest, with its root", lose(() => [steps[2]!.trees])],
    ["lost trees of the first, with folders of all", lose(() => [steps[0]!.trees])],
    ["all trees lost", lose(() => steps.map(({ trees }) => trees))],
    ["both lost", lose(() => [steps[1]!.data, steps[0]!.trees])],
  ];

  it.each(CASES)("%s", async (name, damage) => {
    const twins = await damagedTwins(repo, damage);
    await twins.run(["repair", "index", "-q"]);
    await twins.run(["repair", "snapshots", "-n"]);
    await twins.run(["repair", "snapshots", "--dry-run", "--forget", "--no-lock"]);
    await twins.run(["repair", "snapshots", "--tag", "one", "--json"]);
    await twins.run(["repair", "snapshots", "latest", "nope"]);
    await twins.run(["repair", "snapshots", "--forget", "-v"]);
    expect(await twins.check(), name).toBe(true);
    await twins.run(["repair", "snapshots", "--forget"]);
  });

  it("does without trees that are damaged where the index still lists them", async () => {
    const twins = await damagedTwins(repo, (copy) => flipByte(join(copy, steps[0]!.trees.path), 50));
    await twins.run(["repair", "snapshots", "--forget"]);
    await twins.run(["repair", "packs", steps[0]!.trees.id]);
    expect(await twins.check()).toBe(true);
  });
});

itComparedEnough("repair-snapshots");
