/**
 * Archiving files and folders: brings together the walk, the scan that counts ahead, those who read files, and whoever
 * knows their extended attributes; and sees that all of them end, however the backup does.
 */
import { TasticError } from "@tastic/errors";
import type { BlobId } from "@tastic/format";
import { Packer, packsAtOnce } from "@tastic/repository";
import type { Repository, RepositoryWriter } from "@tastic/repository";
import { availableParallelism } from "node:os";
import { posix } from "node:path";
import { Archiver } from "./archiver.js";
import { reportProblem } from "./archiver-parts.js";
import type { BackupOptions } from "./backup-types.js";
import { NO_ATTRIBUTE_TOOL } from "../attributes/extended-attributes.js";
import type { BackupReport } from "./backup-report.js";
import { FileIngest } from "./file-ingest.js";
import { IngestCrew } from "./ingest-crew.js";
import type { Ingest } from "./ingest.js";
import { sendProgress } from "./progress-events.js";
import { scan } from "./scan.js";
import { statusOf } from "./source-files.js";
import type { Stop } from "./stop.js";
import type { TargetTree } from "./target-tree.js";
import { WalkAhead } from "./walk-ahead.js";

/** This thread reads, too: with one worker, two processors are busy. */
export const DEFAULT_WORKERS = Math.min(3, Math.max(1, availableParallelism() - 1));

/** What archiving needs, whatever the source is. */
export interface Archiving {
  readonly repository: Repository;
  readonly writer: RepositoryWriter;
  readonly report: BackupReport;
  readonly options: BackupOptions;
  readonly stop: Stop;
  /** Resolves once the lock is held, rejects when all ends; undefined if it was held before. */
  readonly held: Promise<void> | undefined;
}

/**
 * Saves the targets; returns the id of the snapshot's tree, whose packs may still be on their way.
 * Errors: `no-source` if there is none of the targets, or nothing to save in them; whatever stops the backup.
 */
export async function archiveTargets(
  archiving: Archiving,
  previousTree: BlobId | undefined,
): Promise<BlobId> {
  const { options, report, stop } = archiving;
  refuseIfAllMissing(options.targets);
  const walk = options.walk ?? new WalkAhead(options);
  const ingest = createIngest(archiving);
  const endScan = new AbortController();
  const sendLast = sendProgress(options, report, ingest);
  try {
    for (const problem of walk.problems) reportProblem(report, problem);
    if (!(await walk.whenReady()) && process.platform === "linux") report.warning(NO_ATTRIBUTE_TOOL);
    if (options.onEvent !== undefined && options.noScan !== true) {
      runScan(archiving, walk.targets, endScan.signal).catch((error: unknown) => stop.fail(error));
    }
    const archiver = new Archiver({
      ...archiving,
      ingest,
      walk,
      changes: { ignoreCtime: options.ignoreCtime ?? false, ignoreInode: options.ignoreInode ?? false },
    });
    const tree = await stop.race(archiver.archive(previousTree));
    await stop.race(ingest.finish());
    return tree;
  } finally {
    endScan.abort();
    walk.close();
    await ingest.close();
    sendLast();
  }
}

/** What reads files on this thread, and the packer that it gives new chunks to. */
export function createFileIngest(repository: Repository): { files: FileIngest; packer: Packer } {
  const packer = new Packer(repository.packerSettings, repository.crypto, repository.zstd);
  const { chunkerPolynomial } = repository.config;
  return { files: new FileIngest(packer, repository.crypto, chunkerPolynomial), packer };
}

function createIngest({ repository, writer, stop, options }: Archiving): Ingest {
  const { config, packerSettings, storage } = repository;
  const settings = {
    packer: packerSettings,
    chunkerPolynomial: config.chunkerPolynomial,
    workers: options.workers ?? DEFAULT_WORKERS,
    packsAtOnce: packsAtOnce(storage),
    inline: () => createFileIngest(repository),
  };
  return new IngestCrew(settings, writer, stop);
}

async function runScan(
  { options, report }: Archiving,
  targets: TargetTree,
  signal: AbortSignal,
): Promise<void> {
  const started = performance.now();
  const totals = await scan(targets, options.excludes, report, signal);
  if (signal.aborted) return;
  options.onEvent?.({ type: "scan-finished", ...totals, seconds: (performance.now() - started) / 1000 });
}

/** One target that is missing is an event; if all are, the user meant something else. */
function refuseIfAllMissing(targets: readonly string[]): void {
  const isThere = (target: string): boolean => {
    try {
      statusOf(posix.resolve(target));
      return true;
    } catch {
      return false;
    }
  };
  if (targets.some(isThere)) return;
  throw new TasticError("no-source", "all source directories/files do not exist", {
    guidance: "Name files or folders that are there; relative ones count from the working directory.",
  });
}
