/**
 * One of those who read files for a backup.
 */
import type { IngestOutcome } from "./ingest.js";

/** A file to read, and who is told what became of it. */
export interface IngestJob {
  readonly path: string;
  /** Must not throw. */
  readonly done: (outcome: IngestOutcome) => void;
}

export interface IngestHand {
  /** Batches that it has and has not answered. */
  readonly load: number;
  /** What it reads now, for people to see. */
  readonly currentFile: string | undefined;
  /** Begins to read a batch, or puts it behind those that it has; `onDone` when all of it is answered. */
  give(batch: readonly IngestJob[], onDone: () => void): void;
  /** Completes its packs and hands them over, once it has nothing more to read. */
  finish(): Promise<void>;
}
