/**
 * One of those who read files for a backup.
 */
import type { CutRequest, FileCuts, FilePart } from "./file-ingest.js";
import type { IngestOutcome } from "./ingest.js";

/** A file to read, and who is told what became of it. */
export interface IngestJob {
  readonly path: string;
  /** Must not throw. */
  readonly done: (outcome: IngestOutcome) => void;
}

/** The cuts of a file, or why it could not be read. */
export type CutOutcome = { readonly cuts: FileCuts } | { readonly failure: string };

/** What a hand does without a pause. No `done` must throw. */
export type IngestWork =
  | { readonly type: "batch"; readonly jobs: readonly IngestJob[] }
  | { readonly type: "part"; readonly part: FilePart; readonly done: (outcome: IngestOutcome) => void }
  | { readonly type: "cut"; readonly request: CutRequest; readonly done: (outcome: CutOutcome) => void };

export interface IngestHand {
  /** Pieces of work that it has and has not answered. */
  readonly load: number;
  /** What it reads now, for people to see. */
  readonly currentFile: string | undefined;
  /** Begins a piece of work, or puts it behind those that it has; `onDone` when all of it is answered. */
  give(work: IngestWork, onDone: () => void): void;
  /** Completes its packs and hands them over, once it has nothing more to read. */
  finish(): Promise<void>;
}
