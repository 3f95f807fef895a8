/**
 * Two copies of a damaged repository, one repaired by restic, the other by tastic: both must say the same, and leave the
 * same behind.
 */
import { DATA, PackTable, Repository } from "@tastic/repository";
import { listSnapshots } from "@tastic/snapshots";
import { createLocalStorage } from "@tastic/storage";
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { chmod, cp, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { expectSameOutcomes, maskIds } from "../cli-side-by-side.js";
import type { CompareOptions } from "../cli-side-by-side.js";
import { runRestic, temporaryFolder, testPassword } from "./peers.js";
import type { Outcome } from "./peers.js";
import { runTasticMostlyHere } from "./run-here.js";

/** A pack of a repository that is whole. */
export interface KnownPack {
  readonly id: string;
  /** From the repository's folder on. */
  readonly path: string;
  readonly type: "data" | "tree";
  readonly blobs: number;
}

export async function openTestRepository(repo: string, password = testPassword): Promise<Repository> {
  return Repository.open(createLocalStorage(repo), { password });
}

/** The packs that the index lists, the largest first. */
export async function packsOf(repo: string, password?: string): Promise<KnownPack[]> {
  const repository = await openTestRepository(repo, password);
  await repository.loadIndex();
  const table = new PackTable(repository.index);
  return [...table.packs()]
    .sort((a, b) => table.size(b) - table.size(a))
    .map((pack) => {
      const id = table.id(pack);
      const blobs = table.blobs(pack);
      const type = repository.index.kind(blobs[0]!) === DATA ? "data" : "tree";
      return { id, path: join("data", id.slice(0, 2), id), type, blobs: blobs.length };
    });
}

/** Flips a byte; a negative place counts from the end. */
export async function flipByte(path: string, at: number): Promise<void> {
  await chmod(path, 0o600);
  const file = openSync(path, "r+");
  const place = at < 0 ? fstatSync(file).size + at : at;
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, place);
  byte[0] = byte[0]! ^ 0xff;
  writeSync(file, byte, 0, 1, place);
  closeSync(file);
}

/** Leaves so many bytes of a file. */
export async function truncateFile(path: string, length: number): Promise<void> {
  await chmod(path, 0o600);
  const file = openSync(path, "r+");
  ftruncateSync(file, length);
  closeSync(file);
}

/** What restic and tastic say in other words, or in another order: reasons, and what restic tells of its retries. */
function maskReasons(text: string): string {
  return maskIds(
    text
      // What tastic adds with --json.
      .replace(/^\{"message_type":"summary","(problems|snapshots_checked)".*\n/gm, "")
      .replace(/^(Load|List|Save)\(<.*\n/gm, "")
      .replace(/^(Ignoring|could not load snapshots).*: context canceled\n/gm, "")
      .replace(/^(Fatal: unable to rewrite snapshot ID "\w+"): .*$/gm, "$1: REASON")
      .replace(
        /^(failed to load blob \w+|removing invalid index \w+|unable to load tree \w+): .*$/gm,
        "$1: REASON",
      ),
  );
}

export interface Twins {
  readonly restic: string;
  readonly tastic: string;
  /** Runs both, each on its copy, from folders of their own; expects the same of both, but for the order of lines. */
  run(args: readonly string[], options?: CompareOptions): Promise<void>;
  /** Expects that restic's check finds the same in both, and tastic's in tastic's. Tells whether nothing is wrong. */
  check(): Promise<boolean>;
}

export async function damagedTwins(repo: string, damage: (copy: string) => Promise<void>): Promise<Twins> {
  const home = await temporaryFolder();
  const [restic, tastic] = [`${home}/restic`, `${home}/tastic`];
  const folders = { restic: `${home}/at-restic`, tastic: `${home}/at-tastic` };
  for (const folder of Object.values(folders)) await mkdir(folder);
  await cp(repo, restic, { recursive: true });
  await damage(restic);
  await cp(restic, tastic, { recursive: true });
  const known = new Set(await readdir(join(restic, "snapshots")).catch(() => []));
  const compare: CompareOptions = { mask: maskReasons, sorted: true };
  return {
    restic,
    tastic,
    async run(args, options = {}) {
      const [wanted, said] = await Promise.all([
        runRestic([...args, "--no-cache"], { repo: restic, cwd: folders.restic, ...options }),
        runTasticMostlyHere([...args, "--no-cache"], { repo: tastic, cwd: folders.tastic, ...options }),
      ]);
      expectSameOutcomes(wanted, withoutAdvice(said, wanted), { ...compare, ...options });
      expect(await describeSnapshots(tastic, known)).toEqual(await describeSnapshots(restic, known));
    },
    async check() {
      const args = ["check", "--read-data", "--no-cache"];
      const left = await runRestic(args, { repo: restic });
      const right = await runRestic(args, { repo: tastic });
      expectSameOutcomes(left, right, compare);
      const ours = await runTasticMostlyHere(args, { repo: tastic });
      expect(ours.code).toBe(right.code);
      return right.code === 0;
    },
  };
}

/** Without what tastic adds at the end of an error. */
function withoutAdvice(said: Outcome, wanted: Outcome): Outcome {
  if (wanted.code === 0) return said;
  const count = maskReasons(wanted.stderr).split("\n").length - 1;
  const lines = maskReasons(said.stderr).split("\n").slice(0, count);
  return { ...said, stderr: `${lines.join("\n")}\n` };
}

/** All of snapshots but what no two runs agree on. */
async function describeSnapshots(repo: string, known: ReadonlySet<string>): Promise<string[]> {
  const all = await listSnapshots(await openTestRepository(repo));
  return all
    .map(({ time, tree, tags, hostname, original, paths, summary }) =>
      JSON.stringify({
        time,
        tree,
        tags,
        hostname,
        summary,
        paths,
        // Snapshots that were made since have ids of their own.
        original: original === undefined || known.has(original) ? original : "another",
      }),
    )
    .sort();
}
