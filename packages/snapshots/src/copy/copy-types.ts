/**
 * What a copy of snapshots is asked to do, and what it tells.
 */
import type { SnapshotId } from "@tastic/format";
import type { CopiedBlobs } from "@tastic/repository";
import type { StoredSnapshot } from "../stored-snapshot.js";

/** How to copy. */
export interface CopyOptions {
  readonly signal?: AbortSignal;
  /** Is told what happens on the way. */
  readonly onEvent?: (event: CopyEvent) => void;
}

/** How much of a snapshot the other repository lacks. */
export interface CopyAmount {
  readonly packs: number;
  readonly blobs: number;
  /** As they are stored in the source. */
  readonly bytes: number;
}

/** What a copy tells. What is `copied` counts only when it is `saved`. */
export type CopyEvent =
  /** The snapshot is there already, as `existing`. */
  | { readonly type: "skipped"; readonly snapshot: StoredSnapshot; readonly existing: SnapshotId }
  | { readonly type: "started"; readonly snapshot: StoredSnapshot }
  /** What is to be copied of the snapshot that was started. */
  | { readonly type: "planned"; readonly total: CopyAmount }
  | { readonly type: "progress"; readonly done: CopyAmount; readonly total: CopyAmount }
  | { readonly type: "copied"; readonly snapshot: StoredSnapshot }
  /** All blobs of so many snapshots are stored; the snapshots follow. */
  | { readonly type: "flushed"; readonly snapshots: number }
  | { readonly type: "saved"; readonly snapshot: StoredSnapshot; readonly id: SnapshotId };

/** What a copy has done. */
export interface CopyResult extends CopiedBlobs {
  readonly snapshotsCopied: number;
  readonly snapshotsSkipped: number;
}
