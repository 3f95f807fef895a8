/** What `find` is asked, and what it tells. */
import type { BlobId, Node } from "@tastic/format";
import type { StoredSnapshot } from "../stored-snapshot.js";

/** In nanoseconds since 1970, both ends included. */
export interface ModificationTimes {
  readonly oldest?: bigint | undefined;
  readonly newest?: bigint | undefined;
}

/** What to look for. */
export interface FindOptions {
  /** Names and paths to look for, as in `--exclude`; an empty one is everything. A `!` in front has no meaning. */
  readonly patterns: readonly string[];
  readonly ignoreCase?: boolean;
  /** Nanoseconds since 1970: only what was modified then or later. */
  readonly oldest?: bigint;
  /** Nanoseconds since 1970: only what was modified then or earlier. */
  readonly newest?: bigint;
  readonly signal?: AbortSignal;
  /** Is told what happens on the way. */
  readonly onEvent: (event: FindEvent) => void;
}

/** What was found. */
export type FindEvent =
  | {
      readonly type: "match";
      readonly snapshot: StoredSnapshot;
      /** Absolute within the snapshot. */
      readonly path: string;
      readonly node: Node;
    }
  | UnreadableTree;

/** A folder of a snapshot could not be read: what is in it was not searched. */
export interface UnreadableTree {
  readonly type: "unreadable";
  readonly snapshot: StoredSnapshot;
  readonly path: string;
  readonly tree: BlobId;
  /** The tree of the folder above, which names this one; of the root, the root itself. */
  readonly parent: BlobId;
  readonly message: string;
}

/** How to look for blobs. */
export interface FindBlobsOptions {
  /** Leave a snapshot once as many places are known, over all snapshots, as trees are wanted: `--tree` does. */
  readonly leaveOnceFound?: boolean;
  readonly signal?: AbortSignal;
  /** Is told what happens on the way. */
  readonly onEvent: (event: FindBlobsEvent) => void;
}

/** Where a blob is used. */
export type FindBlobsEvent =
  | {
      /** A file has the blob in its content: told once for each time that it is there. */
      readonly type: "data";
      readonly id: BlobId;
      readonly path: string;
      /** The tree of the file's folder. */
      readonly tree: BlobId;
      readonly snapshot: StoredSnapshot;
    }
  | {
      /** A folder is this tree. */
      readonly type: "tree";
      readonly id: BlobId;
      readonly path: string;
      readonly snapshot: StoredSnapshot;
    }
  | UnreadableTree;
