/**
 * What a backup is asked to do, what it reports on the way, and what it says at the end.
 */
import type { SnapshotId, SnapshotSummary } from "@tastic/format";
import type { Readable } from "node:stream";
import type { ExcludeRules } from "../patterns/exclude-rules.js";
import type { WalkAhead } from "./walk-ahead.js";

/** What to back up, and how. */
export interface BackupOptions {
  /** Files and folders, as the user named them; relative ones count from the working directory. */
  readonly targets: readonly string[];
  /** Instead of targets: one file whose content is read from a stream. */
  readonly stdin?: { readonly filename: string; readonly stream: Readable };
  readonly excludes?: ExcludeRules;
  /** The walk through the same targets, with the same excludes, where it has begun already. It is closed at the end. */
  readonly walk?: WalkAhead;
  /** What the snapshot's `excludes` field shall say: the patterns as given. */
  readonly excludePatterns?: readonly string[];
  readonly tags?: readonly string[];
  readonly hostname?: string;
  /** The snapshot's time, in nanoseconds since 1970; now by default. */
  readonly time?: bigint;
  /** The snapshot to compare with; by default the latest of the same group. */
  readonly parent?: SnapshotId;
  /** How the default parent is found; host and paths by default. */
  readonly groupBy?: { readonly host: boolean; readonly paths: boolean; readonly tags: boolean };
  /** Read every file anew. */
  readonly force?: boolean;
  readonly ignoreCtime?: boolean;
  readonly ignoreInode?: boolean;
  /** Record access times; otherwise the modification time stands in for them. */
  readonly withAtime?: boolean;
  /** Store nothing; say what would be stored. */
  readonly dryRun?: boolean;
  /** Make no snapshot when it would hold the same tree as its parent. */
  readonly skipIfUnchanged?: boolean;
  /** Do not count what there is to do beforehand. */
  readonly noScan?: boolean;
  /** Threads beside this one that read and pack; 0 does all on this one. */
  readonly workers?: number;
  /** What the snapshot's `program_version` says. */
  readonly programVersion: string;
  /**
   * Resolves once a lock is held, by default before. Until then the backup only reads, and not for long; its events are
   * about something that may never come true.
   */
  readonly held?: Promise<void>;
  readonly signal?: AbortSignal;
  /** Must not throw. After `backup` has settled, nothing is sent any more. */
  onEvent?(event: BackupEvent): void;
}

/** How far a backup is; given with events, and to be asked for at any time. */
export interface BackupProgress {
  /** What the scan has counted so far; undefined without a scan. */
  readonly totalFiles?: number;
  readonly totalBytes?: number;
  readonly scanFinished: boolean;
  readonly filesDone: number;
  readonly bytesDone: number;
  readonly errorCount: number;
  readonly currentFiles: readonly string[];
}

/** What a backup tells. Sizes are in bytes. */
export type BackupEvent =
  /** Sent once before anything is read. */
  | { readonly type: "parent"; readonly id: SnapshotId | undefined }
  /** The scan has counted everything. */
  | {
      readonly type: "scan-finished";
      readonly files: number;
      readonly dirs: number;
      readonly bytes: number;
      readonly seconds: number;
    }
  /** Sent at most ten times a second, and once more at the end. */
  | ({ readonly type: "progress" } & BackupProgress)
  /** A file or folder is done. Paths of folders end in a slash. */
  | {
      readonly type: "item";
      readonly action: "new" | "changed" | "unchanged";
      readonly kind: "file" | "dir";
      readonly path: string;
      readonly seconds: number;
      /** Plaintext bytes of new data blobs, and what they take in the repository. */
      readonly dataSize: number;
      readonly dataSizeStored: number;
      /** The same for new tree blobs. */
      readonly treeSize: number;
      readonly treeSizeStored: number;
    }
  /**
   * Something could not be read, of the source or of the parent snapshot; the backup goes on without it. Each one that is
   * met while archiving counts; the scan may meet the same before.
   */
  | {
      readonly type: "error";
      readonly during: "scan" | "archival";
      readonly path: string;
      readonly message: string;
    }
  /** Something the user should know that is no error: a socket, extended attributes that cannot be read. */
  | { readonly type: "warning"; readonly path?: string; readonly message: string };

/** What a backup has made. */
export interface BackupResult {
  /** Undefined when no snapshot was made (`skipIfUnchanged`). For a dry run, the id it would have had. */
  readonly snapshotId?: SnapshotId;
  readonly parentId?: SnapshotId;
  readonly summary: SnapshotSummary;
  /** Plaintext bytes of new tree blobs and data blobs are in `summary.data_added`; seconds of the whole run here. */
  readonly totalSeconds: number;
  /** How many items could not be read: with any, the command exits with 3. */
  readonly errorCount: number;
}
