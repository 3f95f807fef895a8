/**
 * copy beside restic's: between versions, keys and polynomials, in both directions, and again.
 */
import { beforeAll, expect, it } from "vitest";
import { rmSync } from "node:fs";
import { expectSame, itComparedEnough } from "./cli-side-by-side.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { bytesBelow, checkWithBoth, filesIn, forgetAllBut, makeHistory } from "./support/history.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder, testPassword } from "./support/peers.js";
import { runTasticMostlyHere } from "./support/run-here.js";
import { manifestOf } from "./support/unusual-tree.js";

/** What restic itself would not say twice the same way. */
function mask(text: string): string {
  return text
    .replace(/^\[\d+:\d\d\]/gm, "[TIME]")
    .replace(/^snapshot [0-9a-f]{8} saved/gm, "snapshot NEW saved")
    .replace(/copied to snapshot [0-9a-f]{8}/g, "copied to snapshot NEW");
}

/** Snapshots come in the order of the store's listing with restic, and the oldest first here. */
function paragraphs(text: string): string[] {
  return mask(text)
    .split(/^(?=\n?snapshot )/m)
    .sort();
}

describeWithRestic("copy", () => {
  let home: string;
  let from: string;
  const env = { RESTIC_FROM_PASSWORD: testPassword };

  beforeAll(async () => {
    home = await temporaryFolder();
    from = `${home}/from`;
    await makeHistory(from, `${home}/source`, { backups: 3, files: 12, largest: 150_000 });
    await forgetAllBut(from, 2);
  });

  it("says what restic says, and copies nothing twice, whoever copied it", async () => {
    const [byRestic, byTastic] = [`${home}/by-restic`, `${home}/by-tastic`];
    for (const repo of [byRestic, byTastic]) await makeCheapRepository(repo);
    // One snapshot alone first, so that the second one shares blobs with what is there.
    for (const args of [["latest"], ["-v"], [], ["-v"], ["nosuch"]]) {
      const all = ["copy", "--no-cache", "--from-repo", from, ...args];
      const restic = succeed(await runRestic(all, { repo: byRestic, env }));
      const tastic = succeed(await runTasticMostlyHere(all, { repo: byTastic, env }));
      expect(paragraphs(tastic.stdout)).toEqual(paragraphs(restic.stdout));
      expect(tastic.stderr).toBe(restic.stderr);
    }
    await checkWithBoth(byTastic);
    const [restic, tastic] = [bytesBelow(byRestic), bytesBelow(byTastic)];
    expect(Math.abs(tastic - restic) / restic).toBeLessThan(0.02);
    // Each sees what the other one copied.
    const count = filesIn(`${byTastic}/snapshots`).length;
    expect(count).toBe(2);
    const again = ["copy", "--no-cache", "--from-repo", from, "-v"];
    expect(succeed(await runRestic(again, { repo: byTastic, env })).stdout).toContain("was already copied");
    expect(succeed(await runTasticMostlyHere(again, { repo: byRestic, env })).stdout).toContain(
      "was already copied",
    );
    // And back: the original is still there.
    const back = ["copy", "--no-cache", "--from-repo", byTastic];
    expect(succeed(await runTasticMostlyHere(back, { repo: from, env })).stdout).toBe("");
    for (const repo of [byRestic, byTastic]) expect(filesIn(`${repo}/snapshots`)).toHaveLength(count);
  });

  it.each([
    [2, 1],
    [1, 2],
    [1, 1],
  ] as const)("goes from version %i to version %i, and what comes out is the same", async (a, b) => {
    const [one, two] = [`${home}/one-${a}-${b}`, `${home}/two-${a}-${b}`];
    for (const [repo, version] of [
      [one, a],
      [two, b],
    ] as const)
      await makeCheapRepository(repo, { version });
    succeed(await runTasticMostlyHere(["copy", "--from-repo", from], { repo: one, env }));
    succeed(await runTasticMostlyHere(["copy", "--from-repo", one], { repo: two, env }));
    await checkWithBoth(two);
    expect(manifestOfLatest(await restored(two))).toEqual(manifestOfLatest(await restored(from)));
    // Nothing that could be compressed is left uncompressed in version 2.
    const plan = succeed(await runRestic(["prune", "--dry-run", "--no-cache", "-v"], { repo: two }));
    expect(plan.stdout).toMatch(/to repack: +0 blobs/);
  });

  it("adds progress and the sum as JSON to the text that programs read", async () => {
    const repo = `${home}/json`;
    await makeCheapRepository(repo);
    const { stdout } = succeed(
      await runTasticMostlyHere(["copy", "--json", "--from-repo", from], { repo, env }),
    );
    expect(stdout).toMatch(/^snapshot [0-9a-f]{8} saved, copied from source snapshot [0-9a-f]{8}$/m);
    const json = stdout.split("\n").filter((line) => line.startsWith("{"));
    expect(JSON.parse(json.at(-1) ?? "")).toMatchObject({
      message_type: "summary",
      snapshots_copied: 2,
      snapshots_skipped: 0,
      data_blobs: expect.any(Number) as number,
    });
    for (const line of json.slice(0, -1)) expect(JSON.parse(line)).toMatchObject({ message_type: "status" });
  });

  it("makes repositories that cut files alike, on demand", async () => {
    const repo = `${home}/same-cuts`;
    const args = ["init", "--copy-chunker-params", "--from-repo", from];
    const { stdout } = succeed(await runTasticMostlyHere(args, { repo, env }));
    expect(stdout).toContain("\n with chunker parameters copied from secondary repository\n");
    const polynomial = async (of: string): Promise<unknown> => {
      const config = succeed(await runTasticMostlyHere(["cat", "config"], { repo: of })).stdout;
      return (JSON.parse(config) as { chunker_polynomial: unknown }).chunker_polynomial;
    };
    expect(await polynomial(repo)).toBe(await polynomial(from));
    expect(await polynomial(repo)).toEqual(expect.stringMatching(/^[0-9a-f]{14}$/));
  });

  const mistakes = [
    [],
    ["--from-repo", "nosuch"],
    ["--from-repo", "a", "--from-repository-file", "b"],
    ["--from-repository-file", "nosuch"],
  ];
  it.each(mistakes.map((args) => [args.join(" ") || "no source", args] as const))(
    "refuses %s as restic does",
    async (_, args) => {
      const { code } = await expectSame(["copy", "--no-cache", ...args], { repo: from, env });
      expect(code).not.toBe(0);
    },
  );

  it("copies nothing of a snapshot that is not whole, and says which one", async () => {
    const [damaged, repo] = [`${home}/damaged`, `${home}/from-damaged`];
    await makeHistory(damaged, `${home}/damaged-source`, { backups: 1, files: 3, largest: 5000 });
    await makeCheapRepository(repo);
    for (const pack of filesIn(`${damaged}/data`)) rmSync(`${damaged}/data/${pack.slice(0, 2)}/${pack}`);
    const { code, stderr } = await runTasticMostlyHere(["copy", "--from-repo", damaged], { repo, env });
    expect(code).toBe(1);
    expect(stderr).toContain(filesIn(`${damaged}/snapshots`)[0]?.slice(0, 8));
    expect(filesIn(`${repo}/snapshots`)).toEqual([]);
  });

  async function restored(repo: string): Promise<string> {
    const target = `${repo}-restored`;
    succeed(await runRestic(["restore", "--no-cache", "latest", "--target", target], { repo }));
    return target;
  }
});

itComparedEnough("copy");

function manifestOfLatest(folder: string): Record<string, string> {
  return { ...manifestOf(folder), ".": "" };
}
