/** What `stats` is asked, and what it tells. */

/**
 * What is counted: what a restore writes; files of different content; blobs, once for each path of a file that has
 * them; what is stored.
 */
export type StatsMode = "restore-size" | "files-by-contents" | "blobs-per-file" | "raw-data";

/** What to count. */
export interface StatsOptions {
  readonly mode?: StatsMode;
  readonly signal?: AbortSignal;
  /** Called at least before and after each snapshot. */
  readonly onProgress?: (progress: StatsProgress) => void;
}

/** How far the count is. Files, blobs and bytes are those of the latest snapshot only. */
export interface StatsProgress {
  readonly snapshots: number;
  /** Nodes: folders and links, too. */
  readonly files: number;
  readonly blobs: number;
  readonly bytes: number;
}

/** What was counted. `totalSize` is in bytes. */
export interface StatsResult {
  readonly snapshots: number;
  readonly totalSize: number;
  /** Nodes: folders and links, too. 0 in a mode that counts none. */
  readonly totalFiles: number;
  /** 0 in a mode that counts none. */
  readonly totalBlobs: number;
  /** Only of raw data, and only in a repository that compresses. */
  readonly compression?: CompressionStats;
}

/** What compression has saved. */
export interface CompressionStats {
  /** Bytes that all would take as it was before it was compressed, sealed. */
  readonly totalUncompressedSize: number;
  /** How many times smaller what is compressed has become; 0 if nothing is. */
  readonly ratio: number;
  /** Per cent of the data that is compressed. */
  readonly progress: number;
  /** Per cent of the space that is saved. */
  readonly spaceSaving: number;
}
