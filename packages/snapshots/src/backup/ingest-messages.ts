/**
 * What the conductor and its reading workers say to each other.
 */
import type { ErrorCode } from "@tastic/errors";
import type { FinishedPack, PackerSettings } from "@tastic/repository";
import type { CutRequest, FilePart } from "./file-ingest.js";
import type { CutOutcome } from "./ingest-hand.js";

/** What a worker is born with. */
export interface WorkerSettings {
  readonly packer: PackerSettings;
  readonly chunkerPolynomial: string;
  /** See `PackShipping`. */
  readonly freeSlots: Int32Array<SharedArrayBuffer>;
  /** Bytes read by all workers. */
  readonly bytesRead: BigInt64Array<SharedArrayBuffer>;
  /** For each worker, which file of its batch it reads. */
  readonly positions: Int32Array<SharedArrayBuffer>;
  /** This worker's place in `positions`. */
  readonly place: number;
}

export type ToWorker =
  /** Read these files. */
  | { readonly type: "batch"; readonly paths: readonly string[] }
  /** Read this of a large file; the answer is that of a batch of one. */
  | { readonly type: "part"; readonly part: FilePart }
  /** Find cuts. */
  | { readonly type: "cut"; readonly request: CutRequest }
  /** No more files come: complete the packs. */
  | { readonly type: "finish" };

export type FromWorker =
  | { readonly type: "pack"; readonly pack: FinishedPack }
  | { readonly type: "done"; readonly results: BatchResults }
  | { readonly type: "cut"; readonly outcome: CutOutcome }
  | { readonly type: "finished" }
  /** The backup cannot go on. */
  | { readonly type: "failed"; readonly error: WorkerFailure };

/** The class of an error does not survive the way to another thread; what it says does. */
export interface WorkerFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly guidance: string | undefined;
}

/** The outcomes of a batch in one piece: an object for each of 50,000 files would cost more than reading them. */
export interface BatchResults {
  /** Why the file could not be read; undefined for each that could. */
  readonly failures: readonly (string | undefined)[];
  /** The ids of all chunks of all files, 32 bytes each. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** `FIELDS` numbers for each file: chunks, size, new blobs, new bytes, stored bytes. */
  readonly numbers: Float64Array<ArrayBuffer>;
}

export const FIELDS = 5;
