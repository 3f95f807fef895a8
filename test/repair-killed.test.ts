/**
 * rewrite --forget, repair index, repair packs and key passwd, killed at any moment: nothing that was committed is lost,
 * restic agrees, and the next run goes on. (migrate is in `migrate.test.ts`.)
 *
 *   TASTIC_KILL_MOMENTS=200   how many moments, 8 if not given
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { flipByte, packsOf } from "./support/damaged-twins.js";
import type { KnownPack } from "./support/damaged-twins.js";
import { HASTY } from "./support/hastily.js";
import { copiesOf, filesIn, makeHistory } from "./support/history.js";
import { KILL_MOMENTS, killAtMoments, SLOW_WITH_KILLS } from "./support/kill-moments.js";
import { describeWithRestic, runRestic, runTastic, succeed, temporaryFolder } from "./support/peers.js";
import type { RunOptions } from "./support/peers.js";
import { runTasticHere } from "./support/run-here.js";
import { lostBlobs, wholeBlobs } from "./support/whole-blobs.js";

describeWithRestic(`killed with SIGKILL at ${KILL_MOMENTS} moments`, () => {
  let home: string;
  let whole: string;
  let packs: readonly KnownPack[];
  beforeAll(async () => {
    home = await temporaryFolder();
    whole = `${home}/whole`;
    await makeHistory(whole, `${home}/source`, { backups: 4, files: 12, largest: 100_000 });
    packs = await packsOf(whole);
  });

  const check = ["check", "--read-data", "--no-cache"];
  async function resticAgrees(options: RunOptions): Promise<void> {
    succeed(await runRestic([...check, "--no-lock"], options));
  }
  /** Locks of the dead go as they do with restic. */
  async function unlock(options: RunOptions): Promise<void> {
    succeed(await runTasticHere(["unlock", "--no-cache"], options));
  }
  async function damagedCopy(damage: (repo: string) => Promise<void>): Promise<string> {
    const [repo = ""] = await copiesOf(whole, ["killed"]);
    await damage(repo);
    return repo;
  }
  async function snapshotsAndOriginals(options: RunOptions): Promise<Set<string>> {
    const { stdout } = succeed(await runRestic(["snapshots", "--json", "--no-cache", "--no-lock"], options));
    const all = JSON.parse(stdout) as { id: string; original?: string }[];
    return new Set(all.flatMap(({ id, original }) => [id, original ?? id]));
  }

  it("rewrite --forget keeps each snapshot or what comes in its place", SLOW_WITH_KILLS, async () => {
    const before = filesIn(`${whole}/snapshots`);
    await killAtMoments({
      args: ["rewrite", "--forget", "--exclude", "file-1", "--no-cache"],
      prepare: async () => ({ repo: await damagedCopy(async () => undefined) }),
      async afterKill(options) {
        await resticAgrees(options);
        const left = await snapshotsAndOriginals(options);
        expect(before.filter((id) => !left.has(id))).toEqual([]);
        await unlock(options);
      },
      async afterNext(options) {
        await resticAgrees(options);
        const left = await snapshotsAndOriginals(options);
        expect(before.filter((id) => !left.has(id))).toEqual([]);
        const old = new Set(filesIn(`${options.repo}/snapshots`));
        expect(before.filter((id) => old.has(id))).toEqual([]);
        const { stdout } = succeed(await runRestic(["find", "file-1", "--json", "--no-lock"], options));
        expect(JSON.parse(stdout)).toEqual([]);
      },
    });
  });

  it("repair index loses no pack and no blob", SLOW_WITH_KILLS, async () => {
    const [index = ""] = filesIn(`${whole}/index`);
    const damage = (repo: string): Promise<void> => rm(join(repo, "index", index));
    const known = await wholeBlobs(await damagedCopy(damage));
    const all = await wholeBlobs(whole);
    expect(known.size).toBeLessThan(all.size);
    const stored = filesIn(`${whole}/data`);
    await killAtMoments({
      args: ["repair", "index", "--no-cache"],
      prepare: async () => ({ repo: await damagedCopy(damage) }),
      async afterKill(options) {
        expect(filesIn(`${options.repo}/data`)).toEqual(stored);
        expect(filesIn(`${options.repo}/snapshots`)).toEqual(filesIn(`${whole}/snapshots`));
        expect(await lostBlobs(options.repo ?? "", known)).toEqual([]);
        await unlock(options);
      },
      async afterNext(options) {
        expect(await lostBlobs(options.repo ?? "", all)).toEqual([]);
        await resticAgrees(options);
      },
    });
  });

  it("repair packs loses no blob that was whole", SLOW_WITH_KILLS, async () => {
    const data = packs.find(({ type }) => type === "data")!;
    const tree = packs.find(({ type }) => type === "tree")!;
    const damage = async (repo: string): Promise<void> => {
      await flipByte(join(repo, data.path), 20_000);
      await flipByte(join(repo, tree.path), -40);
    };
    const known = await wholeBlobs(await damagedCopy(damage));
    expect(known.size).toBe((await wholeBlobs(whole)).size - 1);
    let folder = 0;
    await killAtMoments({
      args: ["repair", "packs", data.id, tree.id, "--no-cache"],
      async prepare() {
        const cwd = `${home}/at-${folder++}`;
        await mkdir(cwd);
        return { repo: await damagedCopy(damage), cwd };
      },
      async afterKill(options) {
        expect(await lostBlobs(options.repo ?? "", known)).toEqual([]);
        await unlock(options);
        // The next one copies the packs, too, so it is not asked for one that is gone already.
        const stored = new Set(filesIn(`${options.repo}/data`));
        const left = [data.id, tree.id].filter((id) => stored.has(id));
        const cwd = `${home}/at-${folder++}`;
        await mkdir(cwd);
        const again = left.length === 0 ? ["unlock"] : ["repair", "packs", ...left, "--no-cache"];
        return { options: { cwd }, args: again };
      },
      async afterNext(options) {
        expect(await lostBlobs(options.repo ?? "", known)).toEqual([]);
        const { stdout, stderr } = await runRestic([...check, "--no-lock"], options);
        expect(`${stdout}${stderr}`).not.toMatch(/contains \d+ errors|does not exist/);
        succeed(await runTastic(["repair", "snapshots", "--forget", "--no-cache"], options));
        await resticAgrees(options);
      },
    });
  });

  it("key passwd leaves one of both passwords that opens", SLOW_WITH_KILLS, async () => {
    const file = `${home}/new-password`;
    await writeFile(file, "neu");
    // Else most of the time would go to deriving keys from passwords, by both tools.
    const opens = async (repo: string, password: string): Promise<boolean> => {
      const outcome = await runRestic(["cat", "config", "--no-cache", "--no-lock"], { repo, password });
      return outcome.code === 0;
    };
    await killAtMoments({
      args: ["key", "passwd", "--new-password-file", file, "--no-cache"],
      prepare: async () => ({ repo: await damagedCopy(async () => undefined), env: HASTY }),
      async afterKill(options) {
        const repo = options.repo ?? "";
        const password = (await opens(repo, "geheim")) ? "geheim" : "neu";
        await resticAgrees({ repo, password });
        await unlock({ repo, password });
        return { options: { password } };
      },
      async afterNext({ repo = "" }) {
        await resticAgrees({ repo, password: "neu" });
        expect(await opens(repo, "geheim")).toBe(false);
      },
    });
  });
});
