/**
 * `recover`: tastic says what restic says, and finds what snapshots held that were removed (restic's own test:
 * TestRecover).
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { listSnapshots } from "@tastic/snapshots";
import { beforeAll, expect, it } from "vitest";
import { damagedTwins, flipByte, openTestRepository, packsOf } from "./support/damaged-twins.js";
import { forgetAllBut, makeHistory } from "./support/history.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder } from "./support/peers.js";
import { runTasticMostlyHere } from "./support/run-here.js";

describeWithRestic("recovering what no snapshot leads to", () => {
  let repo = "";
  let roots: string[] = [];
  beforeAll(async () => {
    const home = await temporaryFolder();
    repo = `${home}/repo`;
    await makeHistory(repo, `${home}/source`, { backups: 3, files: 4, largest: 20_000 });
    roots = (await listSnapshots(await openTestRepository(repo))).map(({ tree }) => tree);
  });

  it("says the same as restic about one root, and about none", async () => {
    const twins = await damagedTwins(repo, async (copy) => {
      const [oldest] = await listSnapshots(await openTestRepository(copy));
      await rm(join(copy, "snapshots", oldest!.id));
    });
    const before = await packsOf(twins.tastic);
    await runBoth(twins.restic, twins.tastic, ["recover", "-vv"]);
    await runBoth(twins.restic, twins.tastic, ["recover"]);
    expect((await packsOf(twins.tastic)).length).toBe(before.length + 1);
    expect(await twins.check()).toBe(true);
  });

  it("finds all roots, where restic gives up on more than one (difference 8)", async () => {
    const copy = `${await temporaryFolder()}/repo`;
    const twins = await damagedTwins(repo, async (one) => rm(join(one, "snapshots"), { recursive: true }));
    const { stdout } = succeed(await runTasticMostlyHere(["recover", "--no-cache"], { repo: twins.tastic }));
    expect(stdout).toContain("found 3 unreferenced roots");
    const [snapshot] = await listSnapshots(await openTestRepository(twins.tastic));
    const listed = succeed(
      await runRestic(["ls", "--no-cache", snapshot!.id], { repo: twins.tastic }),
    ).stdout;
    for (const root of roots) expect(listed).toContain(`/${root.slice(0, 8)}\n`);
    succeed(await runRestic(["check", "--no-cache", "--read-data"], { repo: twins.tastic }));
    succeed(
      await runRestic(["restore", snapshot!.id, "--no-cache", "--target", copy], { repo: twins.tastic }),
    );
    // What was recovered is in use: pruning leaves it.
    succeed(await runRestic(["prune", "--no-cache"], { repo: twins.tastic }));
    succeed(await runRestic(["check", "--no-cache", "--read-data"], { repo: twins.tastic }));
  });

  it("goes on where a tree is damaged", async () => {
    const twins = await damagedTwins(repo, async (copy) => {
      await forgetAllBut(copy, 2);
      const tree = (await packsOf(copy)).filter(({ type }) => type === "tree").at(-1)!;
      await flipByte(join(copy, tree.path), 40);
    });
    const { stderr, stdout } = succeed(
      await runTasticMostlyHere(["recover", "--no-cache"], { repo: twins.tastic }),
    );
    expect(stderr).toMatch(/^unable to load tree [0-9a-f]{8}: /);
    expect(stdout).toContain("saved new snapshot");
  });
});

/** The trees of both hold times of their own, so only what is said is compared. */
async function runBoth(restic: string, tastic: string, args: readonly string[]): Promise<void> {
  const [wanted, said] = [
    succeed(await runRestic([...args, "--no-cache"], { repo: restic })),
    succeed(await runTasticMostlyHere([...args, "--no-cache"], { repo: tastic })),
  ];
  const comparable = (text: string): string[] =>
    text
      .replace(/[0-9a-f]{8,}/g, "ID")
      .replace(/^\[.*?\]/gm, "[TIME]")
      .split("\n")
      .sort();
  expect(comparable(said.stdout)).toEqual(comparable(wanted.stdout));
  expect(said.stderr).toBe(wanted.stderr);
}
