/** `diff` and `stats` beside restic's, in text and JSON, good and bad input. */
import { cp, rm } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { expectSame, expectSameOutcomes, itComparedEnough } from "./cli-side-by-side.js";
import type { CompareOptions, Said } from "./cli-side-by-side.js";
import { comparedPassword, makeComparedRepository, runOn } from "./support/compared-repository.js";
import type { ComparedRepository } from "./support/compared-repository.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import {
  describeWithRestic,
  jsonLines,
  runRestic,
  runTastic,
  succeed,
  temporaryFolder,
} from "./support/peers.js";
import { writeFiles } from "./support/trees.js";

describeWithRestic("on a repository in which everything changed", () => {
  let made: ComparedRepository;
  const run = (args: readonly string[], options: CompareOptions = {}): Promise<Said> =>
    expectSame(["--no-lock", ...args], { ...runOn(made), ...options });

  beforeAll(async () => {
    made = await makeComparedRepository(`${await temporaryFolder()}/repo`);
  });

  it("diff", async () => {
    const [first, second, third] = made.snapshots;
    for (const args of [
      [first, second],
      [second, first],
      [first, second, "--metadata"],
      [second, first, "--metadata", "--json"],
      [first, second, "--json"],
      [first.slice(0, 10), second.slice(0, 12), "--json"],
      [first, second, "-q"],
      [first, second, "--json", "-q"],
      [first, second, "-v"],
      [first, first],
      [second, third, "--metadata"],
      [`${first}:kept`, `${second}:/new/kept/`],
      [`${first}:/kept`, `${second}:/`, "--metadata"],
      [`${first}:`, second],
      [`${first}:gone`, `${second}:new`, "--json"],
    ]) {
      expect((await run(["diff", ...args])).code, args.join(" ")).toBe(0);
    }
  });

  it("diff the wrong way", async () => {
    const [first, second] = made.snapshots;
    for (const args of [
      [],
      ["--json"],
      [first],
      [first, second, first],
      [first, "latest"],
      ["latest:kept", first],
      [first, "nosuch"],
      ["", first],
      [`${first}:/nosuch`, second],
      [`${first}:a`, second],
      [first, `${second}:kept/readme.TXT`, "--json"],
      [first, second, "--nosuch"],
      [first, second, "--host", "h"],
    ]) {
      expect((await run(["diff", ...args])).code, args.join(" ")).toBe(1);
    }
  });

  describe("stats", () => {
    it.each(["restore-size", "files-by-contents", "blobs-per-file", "raw-data"])(
      "--mode %s",
      async (mode) => {
        const [first, second] = made.snapshots;
        const stats = ["stats", "--mode", mode];
        await run(stats, { mask: maskProgress });
        await run([...stats, "--json"]);
        await run([...stats, first]);
        await run([...stats, second, first, "latest", "-q"]);
        await run([...stats, second, "--json"]);
        await run([...stats, "--tag", "old", "-v"]);
        await run([...stats, "--host", "nobody"]);
        await run([...stats, "--host", "nobody", "--json"]);
      },
    );

    it("of snapshots that are not there, and in modes that are not", async () => {
      for (const args of [
        ["nosuch"],
        ["nosuch", "--json"],
        ["latest", "nosuch"],
        ["latest:kept"],
        [made.snapshots[0], "--host", "h"],
        ["--mode", "nosuch"],
        ["--mode", "", "--json"],
        ["--mode"],
        ["--nosuch"],
      ]) {
        await run(["stats", ...args]);
      }
    });
  });

  it("stats and diff where blobs of files are missing", async () => {
    const damaged = `${await temporaryFolder()}/repo`;
    await cp(made.path, damaged, { recursive: true });
    const options = { repo: damaged, password: comparedPassword };
    await rm(`${damaged}/data/${made.dataPack.slice(0, 2)}/${made.dataPack}`);
    succeed(await runRestic(["repair", "index", "--no-cache"], options));
    const [first, second] = made.snapshots;
    await expectSame(["stats", "--no-cache", first], options);
    // restic looks at blobs in no order, and stops at the first one.
    const mask = (text: string): string => text.replace(/<data\/[0-9a-f]{8}> not found/, "<BLOB> not found");
    await expectSame(["stats", "--no-cache", "--mode", "raw-data", first], { ...options, mask });
    await expectSame(["diff", "--no-cache", first, second], { ...options, sorted: true });
    await expectSame(["diff", "--no-cache", second, first, "--json"], { ...options, sorted: true });
  });
});

describeWithRestic("on repositories of either version", () => {
  it.each([1, 2] as const)("counts in version %i", async (version) => {
    const home = await temporaryFolder();
    const repo = `${home}/repo`;
    await makeCheapRepository(repo, { version });
    await writeFiles(home, { "src/a": "a".repeat(10_000), "src/b": "b", "src/sub/c": "c" });
    succeed(await runRestic(["backup", "src", "--compression", "off", "-q"], { repo, cwd: home }));
    await writeFiles(home, { "src/d": "d".repeat(20_000), "src/link": { link: "a" } });
    succeed(await runRestic(["backup", "src", "-q"], { repo, cwd: home }));
    for (const mode of ["restore-size", "raw-data"]) {
      await expectSame(["stats", "--mode", mode], { repo, mask: maskProgress });
      await expectSame(["stats", "--mode", mode, "--json"], { repo });
    }
  });
});

/** restic's own TestDiff and TestDiffJSON. */
describeWithRestic("the changes of a real folder", () => {
  it("are what was done to it", async () => {
    const home = await temporaryFolder();
    const repo = `${home}/repo`;
    await makeCheapRepository(repo);
    const restic = async (args: string[]): Promise<void> => {
      succeed(await runRestic(args, { repo, cwd: home }));
    };
    await writeFiles(home, {
      "data/modfile1": "before",
      "data/modfile2": "before",
      "data/modfile3": "before",
      "data/modfile4": "before",
      "data/movefile": "moved",
      "data/nochange/a": "a",
      "data/olddir/old": "old",
    });
    await restic(["backup", "data", "-q", "--time", "2024-01-01 00:00:00"]);
    await rm(`${home}/data/movefile`);
    await rm(`${home}/data/modfile2`);
    await rm(`${home}/data/olddir`, { recursive: true });
    await writeFiles(home, {
      "data/modfile1": "after",
      "data/modfile2": { link: "modfile1" },
      "data/modfile4": "another",
      "data/newfile": "moved",
      "data/newdir/new": "new",
    });
    await restic(["backup", "data", "-q", "--time", "2024-01-02 00:00:00"]);
    const snapshots = succeed(await runRestic(["snapshots", "--json"], { repo })).stdout;
    const ids = (JSON.parse(snapshots) as { id: string }[]).map(({ id }) => id);
    const [wanted, said] = await Promise.all(
      [runRestic, runTastic].map((program) => program(["diff", ...ids, "--json"], { repo })),
    );
    expectSameOutcomes(wanted!, said!);
    const lines = jsonLines(said!) as { path?: string; modifier?: string; changed_files?: number }[];
    expect(lines.slice(0, -1).map(({ path, modifier }) => `${modifier} ${path}`)).toEqual([
      "M /data/modfile1",
      "T /data/modfile2",
      "M /data/modfile4",
      "- /data/movefile",
      "+ /data/newdir/",
      "+ /data/newdir/new",
      "+ /data/newfile",
      "- /data/olddir/",
      "- /data/olddir/old",
    ]);
    expect(lines.at(-1)).toMatchObject({
      message_type: "statistics",
      changed_files: 2,
      added: { files: 2, dirs: 1, others: 0, data_blobs: 3 },
      removed: { files: 2, dirs: 1, others: 0, data_blobs: 1 },
    });
    await expectSame(["diff", "--metadata", ...ids], { repo });
  });
});

itComparedEnough("cli-diff-stats");

/** Which snapshot was counted last is random in restic, unless they are named. */
function maskProgress(text: string): string {
  return text.replace(/(\d+ \/ \d+ snapshots)(, .*)?$/m, "$1");
}
