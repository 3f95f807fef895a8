/** A repository with a history: backups between which files came, changed and went, all made by the real restic. */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { sampleBytes } from "./bytes.js";
import { makeCheapRepository } from "./cheap-repository.js";
import { runRestic, succeed } from "./peers.js";
import { runTasticMostlyHere } from "./run-here.js";

export interface HistoryOptions {
  readonly backups?: number;
  /** Files that each backup adds. */
  readonly files?: number;
  /** Bytes of the largest file. */
  readonly largest?: number;
  readonly version?: 1 | 2;
}

/**
 * Makes a repository at `repo` of the folder `source`: each backup adds files, most of which the one after the next
 * does not find any more. Packs hold 4 MiB.
 */
export async function makeHistory(repo: string, source: string, options: HistoryOptions = {}): Promise<void> {
  const { backups = 4, files = 20, largest = 400_000, version = 2 } = options;
  await makeCheapRepository(repo, { version });
  for (let backup = 0; backup < backups; backup++) {
    const folder = `${source}/${backup}`;
    mkdirSync(folder, { recursive: true });
    for (let i = 0; i < files; i++) {
      const size = 1000 + ((i * 7919 + backup * 104_729) % largest);
      const content = i % 3 === 0 ? Buffer.from(`line ${i} of ${backup}\n`.repeat(size / 20)) : undefined;
      writeFileSync(`${folder}/file-${i}`, content ?? sampleBytes(size, 1 + i + 1000 * backup));
    }
    if (backup > 1) for (let i = 0; i < files; i += 2) rmSync(`${source}/${backup - 2}/file-${i}`);
    succeed(await runRestic(["backup", "--quiet", "--no-cache", "--pack-size=4", source], { repo }));
  }
}

/** Removes the oldest snapshots but for so many, with restic. */
export async function forgetAllBut(repo: string, keep: number): Promise<void> {
  succeed(await runRestic(["forget", "--no-cache", "--keep-last", String(keep)], { repo }));
}

/** Copies of a repository, one for each name. */
export async function copiesOf(repo: string, names: readonly string[]): Promise<string[]> {
  const copies = names.map((name) => `${repo}-${name}`);
  for (const copy of copies) {
    await rm(copy, { recursive: true, force: true });
    await cp(repo, copy, { recursive: true });
  }
  return copies;
}

/** Both tools' checks, with all data read. Throws unless both find nothing wrong. */
export async function checkWithBoth(repo: string): Promise<void> {
  const args = ["check", "--read-data", "--no-cache"];
  succeed(await runRestic(args, { repo }));
  succeed(await runTasticMostlyHere(args, { repo }));
}

/** Bytes of all files below a folder. */
export function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** The names of all files below a folder of a repository. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}
