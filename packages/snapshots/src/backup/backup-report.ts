/**
 * Counting what a backup does, and telling whoever listens.
 */
import { decodeNode } from "@tastic/format";
import type { SnapshotSummary } from "@tastic/format";
import type { BackupEvent, BackupOptions, BackupProgress } from "./backup-types.js";
import { sameNode } from "./change-detection.js";
import type { PreviousNode } from "./node-lookup.js";

/** New blobs of an item: how many, their plaintext bytes, and what they take in the repository. */
export interface StoredBytes {
  readonly blobs: number;
  readonly bytes: number;
  readonly storedBytes: number;
}

export const NOTHING_STORED: StoredBytes = { blobs: 0, bytes: 0, storedBytes: 0 };

type Action = "new" | "changed" | "unchanged";

export class BackupReport {
  readonly #emit: ((event: BackupEvent) => void) | undefined;
  readonly #files = { new: 0, changed: 0, unchanged: 0 };
  readonly #folders = { new: 0, changed: 0, unchanged: 0 };
  readonly #data = { blobs: 0, bytes: 0, storedBytes: 0 };
  readonly #trees = { blobs: 0, bytes: 0, storedBytes: 0 };
  #processedBytes = 0;
  #unreadBytes = 0;
  #errors = 0;
  #scanned: { files: number; bytes: number; finished: boolean } | undefined;

  constructor(options: Pick<BackupOptions, "onEvent">) {
    this.#emit = options.onEvent === undefined ? undefined : (event) => options.onEvent?.(event);
  }

  get errorCount(): number {
    return this.#errors;
  }

  /** @param text the node's JSON @param size bytes that were read */
  file(
    path: string,
    previous: PreviousNode | undefined,
    text: string,
    size: number,
    stored: StoredBytes,
    ms: number,
  ): void {
    const action = actionOf(previous, text);
    this.#files[action]++;
    this.#processedBytes += size;
    count(this.#data, stored);
    this.#item(action, "file", path, ms, stored, NOTHING_STORED);
  }

  /** @param text the node's JSON */
  folder(
    path: string,
    previous: PreviousNode | undefined,
    text: string,
    stored: StoredBytes,
    ms: number,
  ): void {
    const action = actionOf(previous, text);
    this.#folders[action]++;
    count(this.#trees, stored);
    this.#item(action, "dir", `${path}/`, ms, NOTHING_STORED, stored);
  }

  /** A file that was not read, because it was as in the parent snapshot. */
  unchangedFile(path: string, size: number): void {
    this.#files.unchanged++;
    this.#processedBytes += size;
    this.#unreadBytes += size;
    if (this.#emit !== undefined) this.#item("unchanged", "file", path, 0, NOTHING_STORED, NOTHING_STORED);
  }

  /** The snapshot's own tree, which is no folder of the source. */
  root(stored: StoredBytes): void {
    count(this.#trees, stored);
  }

  error(during: "scan" | "archival", path: string, message: string): void {
    if (during === "archival") this.#errors++;
    this.#emit?.({ type: "error", during, path, message });
  }

  warning(message: string, path?: string): void {
    this.#emit?.({ type: "warning", message, ...(path === undefined ? {} : { path }) });
  }

  /** What the scan has counted so far. */
  scanned(files: number, bytes: number, finished: boolean): void {
    this.#scanned = { files, bytes, finished };
  }

  /** @param bytesRead of all files that are or were read */
  progress(bytesRead: number, currentFiles: readonly string[]): BackupProgress {
    const scanned = this.#scanned;
    return {
      ...(scanned === undefined ? {} : { totalFiles: scanned.files, totalBytes: scanned.bytes }),
      scanFinished: scanned?.finished ?? false,
      filesDone: this.#files.new + this.#files.changed + this.#files.unchanged,
      bytesDone: this.#unreadBytes + bytesRead,
      errorCount: this.#errors,
      currentFiles,
    };
  }

  /** The snapshot's summary. Times are RFC 3339. */
  summary(backupStart: string, backupEnd: string): SnapshotSummary {
    return {
      backupStart,
      backupEnd,
      filesNew: this.#files.new,
      filesChanged: this.#files.changed,
      filesUnmodified: this.#files.unchanged,
      dirsNew: this.#folders.new,
      dirsChanged: this.#folders.changed,
      dirsUnmodified: this.#folders.unchanged,
      dataBlobs: this.#data.blobs,
      treeBlobs: this.#trees.blobs,
      dataAdded: this.#data.bytes + this.#trees.bytes,
      dataAddedPacked: this.#data.storedBytes + this.#trees.storedBytes,
      totalFilesProcessed: this.#files.new + this.#files.changed + this.#files.unchanged,
      totalBytesProcessed: this.#processedBytes,
    };
  }

  #item(
    action: Action,
    kind: "file" | "dir",
    path: string,
    ms: number,
    data: StoredBytes,
    tree: StoredBytes,
  ): void {
    this.#emit?.({
      type: "item",
      action,
      kind,
      path,
      seconds: ms / 1000,
      dataSize: data.bytes,
      dataSizeStored: data.storedBytes,
      treeSize: tree.bytes,
      treeSizeStored: tree.storedBytes,
    });
  }
}

function actionOf(previous: PreviousNode | undefined, text: string): Action {
  if (previous === undefined) return "new";
  if (previous.text === text) return "unchanged";
  return sameNode(previous.node, decodeNode(text, "a node")) ? "unchanged" : "changed";
}

function count(sum: { blobs: number; bytes: number; storedBytes: number }, stored: StoredBytes): void {
  sum.blobs += stored.blobs;
  sum.bytes += stored.bytes;
  sum.storedBytes += stored.storedBytes;
}
