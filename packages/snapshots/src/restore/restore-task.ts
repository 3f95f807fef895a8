/**
 * What a restore hands to whoever writes contents: a stretch of a pack, and where the blobs in it go. In columns, since an
 * object for each of 50,000 files would cost more than some of the work.
 */
import { METADATA_FIELDS } from "./metadata-table.js";

export interface RestoreTask {
  /** A stretch of a pack, as stored. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where in the pack it begins. */
  readonly offset: number;
  /** One for each time that a blob is written, in the order of the pack: its entry in the index, */
  readonly entries: Uint32Array<ArrayBuffer>;
  /** the file, as a number within this task, */
  readonly targets: Uint32Array<ArrayBuffer>;
  /** and the place in that file. */
  readonly places: Float64Array<ArrayBuffer>;
  /** Absolute paths of the files. */
  readonly paths: readonly string[];
  /** `FILE_FIELDS` numbers for each file. */
  readonly files: Float64Array<ArrayBuffer>;
}

export interface RestoreAnswer {
  /** What became of each file. */
  readonly states: Uint8Array<ArrayBuffer>;
  /** Device and inode of each file that was begun and is not done. */
  readonly identities: Float64Array<ArrayBuffer>;
  /** Bytes that were written to files that did not fail. */
  readonly bytesWritten: number;
  /** Why a file failed, or what could not be set of it; at most one for each file. */
  readonly problems: readonly { readonly file: number; readonly text: string }[];
  /** Which writes of the task did not take place, as their blobs could not be opened. */
  readonly unread: readonly number[];
  /** Times to be set exactly: records of `TimeRecords`. */
  readonly times: Uint8Array<ArrayBuffer>;
}

/** More is to be written, or its metadata to be set. */
export const PARTIAL = 0;
export const DONE = 1;
export const FAILED = 2;

/** Where each file's numbers are: what holds of it, the length of `FileStart`, its identity if it was begun, metadata. */
export const FLAGS = 0;
export const LENGTH = 1;
export const DEVICE = 2;
export const INODE = 3;
export const METADATA = 4;
export const FILE_FIELDS = METADATA + METADATA_FIELDS;

/** It is kept and corrected, rather than replaced. */
export const IS_EXISTING = 1;
/** It was begun before, and has an identity. */
export const IS_BEGUN = 2;
/** With the writes of this task it has all its content, and its metadata is to be set. */
export const IS_WHOLE = 4;

export interface RestoreWorkerOptions {
  readonly mayDelete: boolean;
  readonly sparse: boolean;
}
