/**
 * `check --repair-from`: what is damaged comes back from another repository, whatever key, version or chunker that has. What
 * it lacks, too, is told. The real restic finds nothing wrong afterwards, and restores what there was.
 */
import { readdirSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { flipByte, truncateFile } from "./support/damaged-twins.js";
import { inFolder } from "./support/folders.js";
import { filesIn } from "./support/history.js";
import { killAtMoments, KILL_MOMENTS, SLOW_WITH_KILLS } from "./support/kill-moments.js";
import { copyOf, LAYERS, makeLayeredRepository, storeTwice } from "./support/layered-repository.js";
import type { LayeredRepository } from "./support/layered-repository.js";
import { describeWithRestic, jsonLines, runRestic, succeed, temporaryFolder } from "./support/peers.js";
import type { Outcome, RunOptions } from "./support/peers.js";
import { runTasticHere } from "./support/run-here.js";
import { treeOf } from "./support/trees.js";
import { lostBlobs, wholeBlobs } from "./support/whole-blobs.js";

const PLAIN = ["--no-cache", "--no-lock"];
const OTHER_PASSWORD = "anders";

describeWithRestic("repairing from another repository", () => {
  let home: string;
  let whole: LayeredRepository;
  /** The same snapshots in a repository of version 1, with another key and another polynomial. */
  let foreign: string;
  let copies = 0;

  beforeAll(async () => {
    process.setMaxListeners(0);
    home = await temporaryFolder();
    whole = await makeLayeredRepository(home);
    foreign = `${home}/foreign`;
    await makeForeign(foreign);
  });

  async function makeForeign(path: string, ...snapshots: string[]): Promise<void> {
    await makeCheapRepository(path, { version: 1, password: OTHER_PASSWORD });
    const env = { RESTIC_FROM_PASSWORD: "geheim" };
    const options = { repo: path, password: OTHER_PASSWORD, env };
    succeed(await runRestic(["copy", "-q", "--no-cache", "--from-repo", whole.path, ...snapshots], options));
  }

  async function damaged(damage: (repo: string) => Promise<unknown>): Promise<string> {
    const repo = await copyOf(whole, `${home}/damaged-${copies++}`);
    await damage(repo);
    return repo;
  }

  const repairFrom = (repo: string, other: string, ...flags: string[]): Promise<Outcome> =>
    runTasticHere(["check", "--read-data", "--no-cache", "--repair-from", other, ...flags], {
      repo,
      env: { RESTIC_FROM_PASSWORD: other === whole.path ? "geheim" : OTHER_PASSWORD },
    });

  /** restic finds nothing wrong, and the snapshots are there as they were. */
  async function expectWhole(repo: string): Promise<void> {
    succeed(await runRestic(["check", "--read-data", ...PLAIN], { repo }));
    expect(filesIn(`${repo}/snapshots`)).toEqual(filesIn(`${whole.path}/snapshots`));
    for (const layer of LAYERS) {
      const { snapshot, tree } = whole.layers[layer];
      const target = `${repo}-restored-${layer}`;
      succeed(await runRestic(["restore", snapshot, "--target", target, ...PLAIN], { repo }));
      expect(await treeOf(target)).toEqual(tree);
    }
  }

  const pack = (layer: "one" | "two", kind: "data" | "trees", repo: string): string =>
    join(repo, whole.layers[layer][kind].path);
  const DAMAGES: [string, (repo: string) => Promise<unknown>][] = [
    ["a data pack is missing", (repo) => rm(pack("one", "data", repo))],
    ["a data pack is flipped", (repo) => flipByte(pack("one", "data", repo), 12_000)],
    ["a data pack is flipped in its header", (repo) => flipByte(pack("two", "data", repo), -30)],
    ["a data pack is cut off", (repo) => truncateFile(pack("one", "data", repo), 9_000)],
    ["a data pack is empty", (repo) => truncateFile(pack("two", "data", repo), 0)],
    ["a tree pack is missing", (repo) => rm(pack("one", "trees", repo))],
    ["a tree pack is flipped", (repo) => flipByte(pack("two", "trees", repo), 100)],
    ["all packs are missing", (repo) => rm(`${repo}/data`, { recursive: true })],
    [
      "one of two packs with the same blobs is flipped",
      async (repo) => {
        await storeTwice(repo, whole.layers.one.data.id);
        await flipByte(pack("one", "data", repo), 30);
      },
    ],
    [
      "all packs are missing, and the index forgot them",
      async (repo) => {
        await rm(`${repo}/data`, { recursive: true });
        succeed(await runTasticHere(["repair", "index", "--no-cache"], { repo }));
      },
    ],
  ];

  // The kinds of source take turns.
  it.each(DAMAGES.map(([name, damage], i) => ({ name, damage, from: i % 3 === 2 ? "mirror" : "foreign" })))(
    "$name, from a $from repository",
    async ({ damage, from }) => {
      const repo = await damaged(damage);
      const { code, stdout, stderr } = await repairFrom(repo, from === "mirror" ? whole.path : foreign);
      expect(code, `${stdout}\n${stderr}`).toBe(0);
      expect(stdout).toMatch(
        /\nrestored \d+ blobs? \(.*\) from the other repository, and replaced \d damaged packs?\n/,
      );
      expect(stdout).toMatch(/no errors were found\n$/);
      await expectWhole(repo);
      // Whatever bad copies there were, none is left to be taken for good.
      succeed(await runTasticHere(["prune", "--max-unused=0", "--no-cache"], { repo }));
      succeed(await runRestic(["check", "--read-data", ...PLAIN], { repo }));
    },
  );

  it("changes nothing where nothing is damaged, or where it is only asked what it could do", async () => {
    const repo = await damaged(async () => undefined);
    const before = await stored(repo);
    const clean = succeed(await repairFrom(repo, foreign, "--json"));
    expect(jsonLines(clean)).toEqual([
      {
        message_type: "summary",
        num_errors: 0,
        broken_packs: null,
        suggest_repair_index: false,
        suggest_prune: false,
      },
    ]);
    expect(await stored(repo)).toEqual(before);
    await flipByte(pack("one", "data", repo), 12_000);
    const flipped = await stored(repo);
    const damagedBlob = Object.entries(whole.layers.one.blobs).find(
      ([, { path, offset, length }]) =>
        path === whole.layers.one.data.path && offset <= 12_000 && 12_000 < offset + length,
    );
    const content = Number(whole.layers.one.tree[damagedBlob?.[0] ?? ""]?.split(" ")[0]);
    const trial = await repairFrom(repo, foreign, "--json", "--dry-run");
    expect(trial.code).toBe(1);
    expect(jsonLines(trial)).toEqual([
      {
        message_type: "repaired",
        dry_run: true,
        restored_blobs: 1,
        restored_bytes: content,
        replaced_packs: [whole.layers.one.data.id],
        saved_packs: [],
        lost_blobs: [],
      },
      expect.objectContaining({ message_type: "summary", num_errors: 1 }),
    ]);
    expect(await stored(repo)).toEqual(flipped);
    const real = succeed(await repairFrom(repo, foreign, "--json"));
    expect(jsonLines(real)).toMatchObject([
      { message_type: "repaired", dry_run: false, restored_blobs: 1 },
      { message_type: "summary", num_errors: 0 },
    ]);
    await expectWhole(repo);
  });

  it("says what the other repository lacks, too, and keeps a copy of the pack", async () => {
    const less = `${home}/less`;
    await makeForeign(less, whole.layers.one.snapshot);
    const repo = await damaged(async (copy) => {
      await flipByte(pack("one", "data", copy), 12_000);
      await flipByte(pack("two", "data", copy), 300);
    });
    const bad = await readFile(pack("two", "data", repo));
    const { folder, outcome } = await inNewFolder(() => repairFrom(repo, less));
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(
      /data blob [0-9a-f]{64} is damaged or missing, and the other repository has no whole copy\n/,
    );
    expect(outcome.stdout).toMatch(
      /\nrestored 1 blob .* replaced 2 damaged packs\n1 blob could not be found there/,
    );
    const copy = `pack-${whole.layers.two.data.id}`;
    expect(readdirSync(folder)).toEqual([copy]);
    expect((await readFile(`${folder}/${copy}`)).equals(bad)).toBe(true);
    // What is whole is still there, so that the rest is one file short.
    const repaired = succeed(
      await runTasticHere(["repair", "snapshots", "--forget", "--no-cache"], { repo }),
    );
    expect(repaired.stdout.match(/removed missing content/g)).toHaveLength(1);
    succeed(await runRestic(["check", "--read-data", ...PLAIN], { repo }));
  });

  it("goes on from where another repository left off", async () => {
    const less = `${home}/first-only`;
    await makeForeign(less, whole.layers.one.snapshot);
    const repo = await damaged((copy) => rm(`${copy}/data`, { recursive: true }));
    expect((await repairFrom(repo, less)).code).toBe(1);
    succeed(await repairFrom(repo, foreign));
    await expectWhole(repo);
  });

  it("takes nothing from a copy that is damaged itself", async () => {
    const mirror = await damaged((repo) => flipByte(pack("one", "data", repo), 12_000));
    const repo = await damaged((copy) => flipByte(pack("one", "data", copy), 12_001));
    const { outcome } = await inNewFolder(() =>
      runTasticHere(["check", "--read-data", "--no-cache", "--repair-from", mirror], {
        repo,
        env: { RESTIC_FROM_PASSWORD: "geheim" },
      }),
    );
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain("restored 0 blobs");
    // Its damage is nobody's reason to give up what was there.
    const lost = await lostBlobs(repo, await wholeBlobs(whole.path));
    expect(lost.length).toBe(1);
  });

  it("removes nothing where the copy that it would leave behind has no room", async () => {
    const less = `${home}/lacking`;
    await makeForeign(less, whole.layers.one.snapshot);
    const repo = await damaged((copy) => flipByte(pack("two", "data", copy), 300));
    const { outcome } = await inNewFolder(async (folder) => {
      await writeFile(`${folder}/pack-${whole.layers.two.data.id}`, "mine");
      return repairFrom(repo, less);
    });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("file exists");
    expect(filesIn(`${repo}/data`)).toContain(whole.layers.two.data.id);
  });

  it.each([
    [
      "a wrong password",
      ["--repair-from", "$foreign"],
      { RESTIC_FROM_PASSWORD: "falsch" },
      12,
      /wrong password/,
    ],
    ["no repository there", ["--repair-from", "$home/nowhere"], {}, 10, /repository does not exist/],
    [
      "the repository itself",
      ["--repair-from", "$repo"],
      { RESTIC_FROM_PASSWORD: "geheim" },
      11,
      /already locked/,
    ],
    ["--no-lock", ["--repair-from", "$foreign", "--no-lock"], {}, 1, /needs an exclusive lock/],
    ["--dry-run alone", ["--dry-run"], {}, 1, /--dry-run needs --repair-from/],
  ])("refuses %s, and changes nothing", async (_, flags, env, code, message) => {
    const repo = await damaged((copy) => flipByte(pack("one", "data", copy), 12_000));
    const before = await stored(repo);
    const args = flags.map((flag) =>
      flag.replace("$foreign", foreign).replace("$home", home).replace("$repo", repo),
    );
    const outcome = await runTasticHere(["check", "--no-cache", ...args], {
      repo,
      env: { RESTIC_FROM_PASSWORD: "x", ...env },
    });
    expect(outcome.code, outcome.stderr).toBe(code);
    expect(outcome.stderr).toMatch(message);
    expect(await stored(repo)).toEqual(before);
  });

  it(
    `killed with SIGKILL at ${KILL_MOMENTS} moments, loses nothing, and the next one completes`,
    SLOW_WITH_KILLS,
    async () => {
      const damage = async (repo: string): Promise<void> => {
        await flipByte(pack("one", "data", repo), 12_000);
        await rm(pack("one", "trees", repo));
        await flipByte(pack("two", "trees", repo), -30);
      };
      const known = await wholeBlobs(await damaged(damage));
      await killAtMoments({
        args: ["check", "--read-data", "--no-cache", "--repair-from", foreign],
        prepare: async () => ({ repo: await damaged(damage), env: { RESTIC_FROM_PASSWORD: OTHER_PASSWORD } }),
        async afterKill(options: RunOptions) {
          const repo = options.repo ?? "";
          expect(await lostBlobs(repo, known)).toEqual([]);
          succeed(await runTasticHere(["unlock"], { repo }));
          succeed(await runTasticHere(["unlock"], { repo: foreign, password: OTHER_PASSWORD }));
        },
        afterNext: ({ repo = "" }) => expectWhole(repo),
      });
    },
  );

  /** Runs something in a new folder. */
  async function inNewFolder(
    run: (folder: string) => Promise<Outcome>,
  ): Promise<{ folder: string; outcome: Outcome }> {
    const folder = `${home}/folder-${copies++}`;
    await mkdir(folder);
    return { folder, outcome: await inFolder(folder, () => run(folder)) };
  }

  /** All files of a repository, as `treeOf` describes them. Commands make folders that a repository may lack. */
  async function stored(repo: string): Promise<Record<string, string>> {
    const all = Object.entries(await treeOf(repo));
    return Object.fromEntries(all.filter(([, what]) => what !== "folder"));
  }
});
