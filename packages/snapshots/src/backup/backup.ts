/**
 * Backing up: from targets to a snapshot.
 *
 * Every pack is stored before the index that lists it, and all of both before the snapshot: an interrupted backup
 * damages nothing, and what it stored is not stored again.
 */
import { TasticError } from "@tastic/errors";
import { encodeSnapshot, formatTime } from "@tastic/format";
import type { BlobId, Snapshot, SnapshotId } from "@tastic/format";
import { currentUser } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { archiveStream, streamPath } from "./archive-stream.js";
import { archiveTargets } from "./archive-targets.js";
import type { Archiving } from "./archive-targets.js";
import { BackupReport } from "./backup-report.js";
import type { BackupOptions, BackupResult } from "./backup-types.js";
import { findParent } from "./parent.js";
import { Stop } from "./stop.js";

export { DEFAULT_WORKERS } from "./archive-targets.js";

/**
 * Makes a snapshot. The repository's index must be loaded, and a lock held, or on its way (`held`). After an error, and
 * after a dry run, open the repository again, or load its index anew, before the next backup.
 * Errors: `no-source`, `invalid-argument`, `cancelled`, those of the store. What cannot be read is an event, and counted.
 */
export async function backup(repository: Repository, options: BackupOptions): Promise<BackupResult> {
  const draft = draftSnapshot(options);
  if (repository.indexIsAhead) {
    throw new TasticError(
      "invalid-argument",
      "this repository was opened for a backup that still runs, failed, or was a dry run",
      { guidance: "Open the repository again for every such backup." },
    );
  }
  repository.indexIsAhead = true;
  const stop = new Stop(options.signal);
  const dryRun = options.dryRun ?? false;
  const held = options.held && stop.race(options.held);
  // Told to whoever waits for it.
  held?.catch(() => undefined);
  const writer = repository.createWriter({ discard: dryRun, signal: stop.signal, held });
  const report = new BackupReport(options);
  try {
    const result = await run({ repository, writer, report, options, stop, held }, draft);
    if (!dryRun) repository.indexIsAhead = false;
    return result;
  } catch (error) {
    // Nothing is to arrive in the store after we have said that this failed.
    stop.fail(error);
    await writer.settle();
    throw error;
  } finally {
    stop.close();
  }
}

async function run(archiving: Archiving, draft: Omit<Snapshot, "tree">): Promise<BackupResult> {
  const { repository, writer, report, options, stop, held } = archiving;
  const started = performance.now();
  const startTime = now();
  const { stdin, dryRun = false } = options;
  stop.throwIfStopped();
  const parent =
    stdin !== undefined && options.parent === undefined
      ? undefined
      : await stop.race(findParent(repository, draft, options));
  options.onEvent?.({ type: "parent", id: parent?.id });

  const tree: BlobId = await (stdin === undefined
    ? archiveTargets(archiving, parent?.tree)
    : archiveStream(archiving, stdin, draft.time));
  await held;
  await stop.race(writer.flush());
  const summary = report.summary(startTime, now());
  const result = {
    summary,
    totalSeconds: (performance.now() - started) / 1000,
    errorCount: report.errorCount,
    ...(parent === undefined ? {} : { parentId: parent.id }),
  };
  if (options.skipIfUnchanged === true && parent?.tree === tree) return result;
  stop.throwIfStopped();
  const snapshot: Snapshot = { ...draft, tree, parent: parent?.id, summary };
  return { ...result, snapshotId: await storeSnapshot(repository, snapshot, dryRun) };
}

function draftSnapshot(options: BackupOptions): Omit<Snapshot, "tree"> {
  const { targets, stdin } = options;
  const { username, uid, gid } = currentUser();
  if (targets.length === 0 && stdin === undefined) {
    throw new TasticError("no-source", "nothing to backup, please specify source files/dirs");
  }
  return {
    time: formatTime(options.time ?? BigInt(Date.now()) * 1_000_000n),
    paths: stdin === undefined ? targets.map((target) => resolve(target)) : [streamPath(stdin.filename)],
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
