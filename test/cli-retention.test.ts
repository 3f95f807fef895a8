/** `forget` and `tag`: tastic prints and does what restic prints and does. */
import { Repository, createLocalStorage, listSnapshots } from "tastic";
import { cp } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { expectSame, expectSameOutcomes, maskIds, itComparedEnough } from "./cli-side-by-side.js";
import type { CompareOptions } from "./cli-side-by-side.js";
import { describeWithRestic, runRestic, temporaryFolder, testPassword } from "./support/peers.js";
import { runTasticMostlyHere } from "./support/run-here.js";
import { makeDatedRepository, SNAPSHOT_COUNT } from "./support/dated-repository.js";

const AT_ONCE = 3;

/** restic shows groups in any order. */
function sortGroups(text: string): string {
  const tables = text.match(/^Timestamps shown/gm) ?? [];
  if (tables.length > 1) return text.split("\n").sort().join("\n");
  if (!/^\[\{"(tags|group_key)":/.test(text)) return text;
  const groups = text
    .trimEnd()
    .slice(1, -1)
    .split(/,(?=\{"(?:tags|group_key)":)/);
  return `[${groups.sort().join(",")}]\n`;
}

/** Where several groups are refused, restic names any. */
const maskGroups = (text: string): string =>
  sortGroups(text).replace(/(last snapshot of snapshot group \\?").*?(\\?")/g, "$1$2");

/** What only restic adds to an error: where in its source it was made. */
const withoutStack = (text: string): string =>
  text.replace(/^(main|runtime)\.\S+\n\t.*\n/gm, "").replace(/\\n(main|runtime)\..*?"\}/g, '"}');

/** Options, then what follows `forget --dry-run`. */
const FORGET: readonly string[][] = [
  ["--keep-last", "1"],
  ["--keep-last", "2", "--group-by", ""],
  ["--keep-last", "2", "--group-by", "", "-v"],
  ["--keep-last", "2", "--group-by", "", "-c"],
  ["--keep-last", "2", "--group-by", "", "-q"],
  ["--keep-last", "2", "--group-by", "", "--json"],
  ["--keep-last", "1", "-v"],
  ["--keep-last", "1", "-vv", "-g", "host,paths,tags"],
  ["--keep-last", "1", "--group-by", "tags", "-v"],
  ["--keep-last", "1", "--group-by", "tag", "--json"],
  ["--keep-last", "1", "--group-by", "paths", "--json", "-v"],
  ["--keep-last", "1", "--group-by", "hosts", "--json", "-q"],
  ["-l", "1", "-H", "2", "-d", "3", "-w", "4", "-m", "5", "-y", "6", "--group-by", ""],
  ["-l1", "-H2", "-d3", "-w4", "-m5", "-y6", "--group-by", "", "--json"],
  ["--keep-hourly", "unlimited", "--group-by", ""],
  ["--keep-daily=unlimited", "-c", "-g", "host"],
  ["--keep-weekly", "3", "--group-by", "", "--json"],
  ["--keep-monthly", "2", "--group-by", ""],
  ["--keep-yearly", "1", "--group-by", ""],
  ["--keep-yearly", "9", "--group-by", "", "--json"],
  ["--keep-within", "2m", "--group-by", ""],
  ["--keep-within", "1y3m2d5h", "--group-by", "", "--json"],
  ["--keep-within", "5h2d", "--keep-within", "1d", "--host", "first"],
  [
    "--keep-within-hourly",
    "1d",
    "--keep-within-daily",
    "1m",
    "--keep-within-weekly",
    "1y",
    "--host",
    "second",
  ],
  ["--keep-within-monthly", "1m1d", "--keep-within-yearly", "99y", "-g", "", "--json"],
  ["--keep-within-yearly", "2y", "-g", "", "-y", "1", "--keep-tag", "daily", "--keep-within", "1h"],
  ["--keep-tag", "daily", "--keep-tag", "a,b", "--keep-tag", "", "--group-by", ""],
  ["--keep-tag", "weekly,daily", "--group-by", "", "--json"],
  ["--keep-tag", "nope"],
  ["--keep-tag", "nope", "--host", "second", "--group-by", "host,tags"],
  ["--keep-tag", "nope", "--group-by", "", "--json"],
  ["--keep-last", "1", "--host", "second"],
  ["--keep-last", "1", "--host", "second", "--host", "first", "-g", ""],
  ["--keep-last", "1", "--hostname", "second"],
  ["--keep-last", "1", "--tag", "daily", "--tag", "a,b", "-g", ""],
  ["--keep-last", "1", "--tag", "", "-g", ""],
  ["--keep-last", "1", "--path", "/one", "--path", "/two"],
  ["--keep-last", "1", "--host", "nobody"],
  ["--keep-last", "1", "--host", "nobody", "--json"],
  ["--unsafe-allow-remove-all"],
  ["--unsafe-allow-remove-all", "--host", ""],
  ["--unsafe-allow-remove-all", "--host", "second", "-v"],
  ["--unsafe-allow-remove-all", "--path", "/two", "--json"],
  ["--unsafe-allow-remove-all", "--tag", "daily", "--keep-last", "1"],
  ["--unsafe-allow-remove-all", "--tag", "daily", "--keep-tag", "nope", "-g", ""],
  [],
  ["--json"],
  ["--keep-last", "0"],
  ["--keep-within", "0h"],
  ["--keep-within", ""],
  ["--keep-last", "-1"],
  ["--keep-daily", "x"],
  ["--json", "--keep-daily", "1.5"],
  ["--keep-daily", ""],
  ["-y", "99999999999999999999"],
  ["--keep-within", "-3d"],
  ["--keep-within-weekly", "3d-1h"],
  ["--keep-within", "3x"],
  ["--keep-within", "3"],
  ["--keep-within-daily", "d"],
  ["--group-by", "size", "--keep-last", "1"],
  ["--keep-tags", "x"],
  ["latest"],
  ["latest", "--host", "first", "-v"],
  ["latest", "--json"],
  ["nope"],
  ["nope", "latest", "-q"],
  ["latest:/one"],
  ["latest", "--keep-last", "5", "--host", "second"],
];

/** What follows `snapshots`. */
const SNAPSHOTS: readonly string[][] = [
  ["-c"],
  ["--latest", "1"],
  ["--latest", "2", "-c"],
  ["--latest", "1", "--json"],
  ["--latest", "0"],
  ["--latest", "-1", "-c"],
  ["--last"],
  ["--group-by", "host"],
  ["--group-by", "host", "--latest", "1"],
  ["--group-by", "host,paths,tags", "-c"],
  ["--group-by", "tags", "--latest", "1", "--json"],
  ["-g", "paths,tags", "--json"],
  ["-g", "", "--latest", "1"],
  ["-g", "host", "--host", "nobody"],
  ["-g", "host", "--host", "nobody", "--json"],
  ["-g", "host", "--latest", "1", "--tag", "daily", "--json"],
  ["latest", "-g", "host"],
  ["latest", "--host", "first", "--latest", "1"],
];

describeWithRestic("the same words as restic in forget and tag", () => {
  let repo = "";
  beforeAll(async () => {
    repo = `${await temporaryFolder()}/repo`;
    await makeDatedRepository(repo);
  });

  it("forget, dry", { timeout: 240_000 }, async () => {
    const next = FORGET.values();
    const work = async (): Promise<void> => {
      for (const args of next) {
        await expectSame(["forget", "--dry-run", "--no-lock", "--no-cache", ...args], {
          repo,
          mask: maskGroups,
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });

  it("snapshots, grouped and the latest of them", { timeout: 120_000 }, async () => {
    const next = SNAPSHOTS.values();
    const work = async (): Promise<void> => {
      for (const args of next) {
        await expectSame(["snapshots", "--no-lock", "--no-cache", ...args], { repo, mask: maskGroups });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });

  it("forget, dry, line by line where there is one group", async () => {
    for (const args of [
      ["-y3", "-l2"],
      ["-m3", "-c", "-v"],
      ["--keep-within-weekly", "9y", "-v"],
      ["--keep-tag", "daily"],
    ]) {
      await expectSame(["forget", "-n", "--no-lock", "--no-cache", "--group-by", "", ...args], { repo });
    }
    await expectSame(["forget", "-n", "--keep-last", "1", "-g", ""], { repo, alone: true });
    await expectSame(["forget", "--no-lock", "--keep-last", "1"], { repo });
    await expectSame(["forget", "-n", "--no-lock", "-g", "", "--keep-daily", "2", "-v"], {
      repo,
      env: { TZ: "Asia/Kolkata" },
    });
    await expectSame(["forget", "-n", "--no-lock", "--keep-daily", "2"], {
      repo,
      env: { RESTIC_HOST: "second" },
    });
  });

  it("forget", { timeout: 120_000 }, async () => {
    const both = await twinsOf(repo);
    await both.run(["forget", "--keep-last", "9", "--group-by", ""]);
    await both.run(["forget", "--keep-last", "9", "--group-by", ""]);
    await both.run(["forget", "latest", "nope"]);
    await both.run(["forget", "latest", "-q"]);
    await both.run(["forget", "--keep-last", "6", "--group-by", "", "-vv"], { sorted: true });
    await both.run(["forget", "--keep-last", "5", "--group-by", "", "--json"]);
    await both.run(["forget", "latest", "--json"]);
    await both.run(["forget", "--keep-tag", "nope", "--group-by", ""]);
    await both.run(["forget", "--unsafe-allow-remove-all", "--path", "/two", "-c"]);
    await both.run(["forget", "--keep-last", "1", "-q"]);
    await both.run(["snapshots"]);
  });

  it("tag", { timeout: 120_000 }, async () => {
    const both = await twinsOf(repo);
    const unordered = { sorted: true };
    await both.run(["tag"]);
    await both.run(["tag", "--json"]);
    await both.run(["tag", "--set", "a", "--add", "b"]);
    await both.run(["tag", "--set", "a", "--remove", "b"]);
    await both.run(["tag", "--set", "", "--host", "first"]);
    await both.run(["tag", "--set", ",", "latest"]);
    await both.run(["tag", "--add", "x,y", "--add", " z ,x", "latest", "-v"], unordered);
    await both.run(["tag", "--add", "x", "latest"]);
    await both.run(["tag", "--remove", "x", "--json", "--host", "second"], unordered);
    await both.run(["tag", "--remove", "daily", "--tag", "daily"], unordered);
    await both.run(["tag", "--remove", "a", "--add", "c", "--path", "/two", "-vv"], unordered);
    await both.run(["tag", "--set", "one,two,one", "--host", "first", "--json"], unordered);
    await both.run(["tag", "--set", "x", "-H", "second", "-q"]);
    await both.run(["tag", "--add", "k", "nope", "latest"]);
    await both.run(["tag", "--add", "k", "latest:/one"]);
    await both.run(["tag", "--add", "k", "--no-lock", "--tag", "one,two"]);
    await both.run(["tag", "--remove", "unheard of"]);
    await both.run(["tag", "--remove", "unheard of", "--json"]);
    await both.run(["snapshots"]);
    await both.run(["snapshots", "--json"]);
    // Who looks after a renamed snapshot finds the id it had first.
    const originals = await Promise.all(
      both.repos.map(async (one) => (await snapshotsOf(one)).map(({ original }) => original)),
    );
    expect(originals[1]).toEqual(originals[0]);
    expect(originals[0]?.filter((id) => id !== undefined)).toHaveLength(SNAPSHOT_COUNT);
  });
});

itComparedEnough("cli-retention");

async function snapshotsOf(repo: string) {
  return listSnapshots(await Repository.open(createLocalStorage(repo), { password: testPassword }));
}

/** Two copies of a repository that get the same commands, each from its own tool. */
async function twinsOf(repo: string) {
  const home = await temporaryFolder();
  const repos = [`${home}/restic`, `${home}/tastic`] as const;
  for (const copy of repos) await cp(repo, copy, { recursive: true });
  const run = async (args: readonly string[], options: CompareOptions = {}): Promise<void> => {
    const [restic, tastic] = await Promise.all([
      runRestic(args, { repo: repos[0], ...options }),
      runTasticMostlyHere(args, { repo: repos[1], ...options }),
    ]);
    // Only what was changed has ids of its own.
    expectSameOutcomes(restic, tastic, {
      mask: (text) => maskIds(withoutStack(maskGroups(text))),
      ...options,
    });
    const left = await Promise.all(
      repos.map(async (one) => (await snapshotsOf(one)).map(({ time, tags }) => [time, tags])),
    );
    expect(left[1]).toEqual(left[0]);
  };
  return { repos, run };
}
