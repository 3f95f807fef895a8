/**
 * Backing up: from targets to a snapshot.
 *
 * Every pack is stored before the index that lists it, and all of both before the snapshot: an interrupted backup
 * damages nothing, and what it stored is not stored again.
 */
import { createRabinChunker, parsePolynomial } from "@tastic/chunker";
import { TasticError } from "@tastic/errors";
import { TreeEncoder, encodeSnapshot, formatTime, idFromBytes } from "@tastic/format";
import type { BlobId, Node, Snapshot, SnapshotId } from "@tastic/format";
import { Packer, currentUser } from "@tastic/repository";
import type { Repository, RepositoryWriter } from "@tastic/repository";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { Archiver } from "./archiver.js";
import { AttributeQueue } from "./attribute-queue.js";
import { BackupReport } from "./backup-report.js";
import type { BackupOptions, BackupResult } from "./backup-types.js";
import { NO_ATTRIBUTE_TOOL, createAttributeTool } from "./extended-attributes.js";
import { FileIngest } from "./file-ingest.js";
import { IngestPool } from "./ingest-pool.js";
import type { Ingest } from "./ingest.js";
import { InlineIngest } from "./inline-ingest.js";
import { findParent } from "./parent.js";
import { scan } from "./scan.js";
import { listFolder } from "./source-files.js";
import type { StoredSnapshot } from "./stored-snapshot.js";
import { buildTargetTree } from "./target-tree.js";
import { loadUserNames } from "./users.js";

const PROGRESS_MS = 100;
export const DEFAULT_WORKERS = 2;

/**
 * Makes a snapshot. The repository's index must be loaded, and a lock held.
 * Errors: `no-source`, `cancelled`, those of the store. What cannot be read is an event, and counted.
 */
export async function backup(repository: Repository, options: BackupOptions): Promise<BackupResult> {
  const started = performance.now();
  const startTime = now();
  const report = new BackupReport(options);
  const writer = repository.createWriter({ discard: options.dryRun ?? false, ...signalOf(options) });
  const draft = draftSnapshot(options);
  const parent =
    options.stdin !== undefined && options.parent === undefined
      ? undefined
      : await findParent(repository, draft, options);
  options.onEvent?.({ type: "parent", id: parent?.id });

  const tree = await archive(repository, writer, report, options, parent);
  await writer.flush();
  const summary = report.summary(startTime, now());
  const result = {
    summary,
    totalSeconds: (performance.now() - started) / 1000,
    errorCount: report.errorCount,
    ...(parent === undefined ? {} : { parentId: parent.id }),
  };
  if (options.skipIfUnchanged === true && parent?.tree === tree) return result;
  options.signal?.throwIfAborted();
  const snapshot: Snapshot = { ...draft, tree, parent: parent?.id, summary };
  return { ...result, snapshotId: await storeSnapshot(repository, snapshot, options.dryRun ?? false) };
}

/** Reads all sources; returns the id of the snapshot's tree. */
async function archive(
  repository: Repository,
  writer: RepositoryWriter,
  report: BackupReport,
  options: BackupOptions,
  parent: StoredSnapshot | undefined,
): Promise<BlobId> {
  if (options.stdin !== undefined) return archiveStream(repository, writer, report, options.stdin);
  const stopScan = new AbortController();
  const ingest = createIngest(repository, writer, options.workers ?? DEFAULT_WORKERS);
  const attributes = await createAttributeTool();
  if (attributes === undefined && process.platform === "linux") report.warning(NO_ATTRIBUTE_TOOL);
  const progress = setInterval(() => {
    options.onEvent?.({ type: "progress", ...report.progress(ingest.bytesRead, ingest.currentFiles) });
  }, PROGRESS_MS);
  try {
    if (options.onEvent !== undefined && options.noScan !== true)
      void runScan(options, report, stopScan.signal);
    const archiver = new Archiver({
      repository,
      writer,
      ingest,
      excludes: options.excludes,
      attributes: attributes && new AttributeQueue(attributes, report),
      report,
      nodes: { users: loadUserNames(), withAtime: options.withAtime ?? false },
      changes: { ignoreCtime: options.ignoreCtime ?? false, ignoreInode: options.ignoreInode ?? false },
      signal: options.signal,
    });
    const tree = await archiver.archive(
      buildTargetTree(options.targets, listFolder),
      options.force === true ? undefined : parent?.tree,
    );
    await ingest.finish();
    return tree;
  } finally {
    clearInterval(progress);
    stopScan.abort();
    attributes?.close();
    await ingest.close();
  }
}

async function runScan(options: BackupOptions, report: BackupReport, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  const totals = await scan(options.targets, options.excludes, report, signal);
  if (signal.aborted) return;
  options.onEvent?.({ type: "scan-finished", ...totals, seconds: (performance.now() - started) / 1000 });
}

function createIngest(repository: Repository, writer: RepositoryWriter, workers: number): Ingest {
  const { config, packerSettings } = repository;
  if (workers > 0) {
    return new IngestPool(
      { packer: packerSettings, chunkerPolynomial: config.chunkerPolynomial },
      writer,
      workers,
    );
  }
  const { files, packer } = createFileIngest(repository);
  return new InlineIngest(files, packer, writer);
}

function createFileIngest(repository: Repository): { files: FileIngest; packer: Packer } {
  const packer = new Packer(repository.packerSettings, repository.crypto, repository.zstd);
  const chunker = createRabinChunker(parsePolynomial(repository.config.chunkerPolynomial));
  return { files: new FileIngest(packer, repository.crypto, chunker), packer };
}

/** Saves a stream as the one file of a snapshot, with the present as its times and us as its owner. */
async function archiveStream(
  repository: Repository,
  writer: RepositoryWriter,
  report: BackupReport,
  { filename, stream }: NonNullable<BackupOptions["stdin"]>,
): Promise<BlobId> {
  const { files, packer } = createFileIngest(repository);
  const started = performance.now();
  const steps = files.stream(stream as AsyncIterable<Uint8Array>);
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) await writer.accept(step.value);
  packer.flush();
  for (let pack = packer.takeFinished(); pack; pack = packer.takeFinished()) await writer.accept(pack);

  const { content, size, newBlobs, newBytes, storedBytes } = step.value;
  const time = now();
  const { uid, gid } = currentUser();
  const path = `/${filename.replace(/^\/+/, "")}`;
  const node: Node = {
    name: path.slice(path.lastIndexOf("/") + 1),
    type: "file",
    mode: 0o644,
    mtime: time,
    atime: time,
    ctime: time,
    uid,
    gid,
    size,
    content: Array.from({ length: content.length / 32 }, (_, i) => idFromBytes<BlobId>(content, i * 32)),
  };
  report.file(
    path,
    undefined,
    node,
    { blobs: newBlobs, bytes: newBytes, storedBytes },
    performance.now() - started,
  );
  const encoder = new TreeEncoder();
  encoder.add(node);
  const bytes = encoder.finish();
  const id = repository.crypto.sha256(bytes);
  const { isNew, storedLength } = await writer.add("tree", id, bytes);
  report.root({ blobs: isNew ? 1 : 0, bytes: isNew ? bytes.length : 0, storedBytes: storedLength });
  return idFromBytes<BlobId>(id);
}

function draftSnapshot(options: BackupOptions): Omit<Snapshot, "tree"> {
  const { username, uid, gid } = currentUser();
  if (options.targets.length === 0 && options.stdin === undefined) {
    throw new TasticError("no-source", "nothing to backup, please specify source files/dirs");
  }
  const paths =
    options.stdin === undefined
      ? options.targets.map((target) => resolve(target))
      : [`/${options.stdin.filename.replace(/^\/+/, "")}`];
  return {
    time: formatTime(options.time ?? BigInt(Date.now()) * 1_000_000n),
    paths,
    hostname: options.hostname ?? hostname(),
    username,
    uid,
    gid,
    excludes: options.excludePatterns,
    tags: options.tags,
    programVersion: options.programVersion,
  };
}

async function storeSnapshot(
  repository: Repository,
  snapshot: Snapshot,
  dryRun: boolean,
): Promise<SnapshotId> {
  if (!dryRun) return repository.saveSnapshot(snapshot);
  return repository.crypto.sha256Hex(repository.sealUnpacked(encodeSnapshot(snapshot))) as SnapshotId;
}

/** The present, RFC 3339, with the nanoseconds that the system's clock has to give. */
function now(): string {
  return formatTime(BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n);
}

function signalOf({ signal }: BackupOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
