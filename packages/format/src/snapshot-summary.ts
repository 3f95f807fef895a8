/**
 * What a backup did, as its snapshot remembers it (restic's design, "Snapshots", since version 0.17).
 */
import { jsonString } from "./go-json.js";
import { looksLikeTime } from "./go-time.js";
import { fieldError, integerField, optionalString, type JsonObject } from "./json-fields.js";

/**
 * What the backup that made a snapshot has counted. Counts are of files, folders and blobs, sizes in bytes; times in
 * RFC 3339.
 */
export interface SnapshotSummary {
  /** RFC 3339. */
  readonly backupStart: string;
  /** RFC 3339. */
  readonly backupEnd: string;
  readonly filesNew: number;
  readonly filesChanged: number;
  readonly filesUnmodified: number;
  readonly dirsNew: number;
  readonly dirsChanged: number;
  readonly dirsUnmodified: number;
  /** Blobs added. */
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  /** Bytes added, before compression. */
  readonly dataAdded: number;
  /** Bytes added to the repository. */
  readonly dataAddedPacked: number;
  readonly totalFilesProcessed: number;
  readonly totalBytesProcessed: number;
}

/** A summary as JSON. */
export function encodeSummary(summary: SnapshotSummary): string {
  return (
    `{"backup_start":${jsonString(summary.backupStart)},"backup_end":${jsonString(summary.backupEnd)},` +
    `"files_new":${summary.filesNew},"files_changed":${summary.filesChanged},` +
    `"files_unmodified":${summary.filesUnmodified},"dirs_new":${summary.dirsNew},` +
    `"dirs_changed":${summary.dirsChanged},"dirs_unmodified":${summary.dirsUnmodified},` +
    `"data_blobs":${summary.dataBlobs},"tree_blobs":${summary.treeBlobs},"data_added":${summary.dataAdded},` +
    `"data_added_packed":${summary.dataAddedPacked},"total_files_processed":${summary.totalFilesProcessed},` +
    `"total_bytes_processed":${summary.totalBytesProcessed}}`
  );
}

/**
 * Reads a summary. What is missing counts as zero: other programs keep fewer figures.
 * @param what the snapshot, for messages
 * @throws TasticError invalid-format
 */
export function decodeSummary(object: JsonObject, what: string): SnapshotSummary {
  const place = `${what}: "summary"`;
  const count = (name: string): number => integerField(object, name, place);
  const time = (name: string): string => {
    const text = optionalString(object, name, place) ?? "0001-01-01T00:00:00Z";
    if (!looksLikeTime(text)) throw fieldError(place, name, "a time");
    return text;
  };
  return {
    backupStart: time("backup_start"),
    backupEnd: time("backup_end"),
    filesNew: count("files_new"),
    filesChanged: count("files_changed"),
    filesUnmodified: count("files_unmodified"),
    dirsNew: count("dirs_new"),
    dirsChanged: count("dirs_changed"),
    dirsUnmodified: count("dirs_unmodified"),
    dataBlobs: count("data_blobs"),
    treeBlobs: count("tree_blobs"),
    dataAdded: count("data_added"),
    dataAddedPacked: count("data_added_packed"),
    totalFilesProcessed: count("total_files_processed"),
    totalBytesProcessed: count("total_bytes_processed"),
  };
}
