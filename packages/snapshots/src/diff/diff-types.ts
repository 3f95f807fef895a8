/** What `diff` is asked, and what it tells. */
import type { BlobId } from "@tastic/format";

/** How to compare. */
export interface DiffOptions {
  /** Also tell of items of which only the metadata differs. */
  readonly metadata?: boolean;
  readonly signal?: AbortSignal;
  /** Is told what happens on the way. */
  readonly onEvent?: (event: DiffEvent) => void;
}

/** What differs, one event for each. */
export type DiffEvent =
  | {
      readonly type: "change";
      /** Absolute within what is compared; a folder's ends in a slash. */
      readonly path: string;
      /**
       * "+" for an item that was added, "-" for one that was removed; else one or more of "T" (another type), "M"
       * (another content), "?" (another content, although nothing else differs: it may have rotted), "U" (other
       * metadata).
       */
      readonly modifier: string;
    }
  /** A folder could not be read: what is in it is not compared. */
  | { readonly type: "error"; readonly message: string }
  /** A blob is in no index: the bytes of the result lack it. */
  | { readonly type: "unknown-blob"; readonly kind: "data" | "tree"; readonly id: BlobId };

/** How much of one side the other has not. */
export interface DiffAmount {
  files: number;
  dirs: number;
  /** Links, devices and the like. */
  others: number;
  dataBlobs: number;
  treeBlobs: number;
  /** Plaintext of these blobs. */
  bytes: number;
}

/** What differs, in sum. */
export interface DiffResult {
  /** Files that both have, with different contents. */
  readonly changedFiles: number;
  readonly added: DiffAmount;
  readonly removed: DiffAmount;
}
