/**
 * Whoever reads files for a backup: workers, or this thread itself. Both give the same answers.
 */
import type { IngestedFile } from "./file-ingest.js";

/** A file's content, or why it could not be read. */
export type IngestOutcome = { readonly file: IngestedFile } | { readonly failure: string };

export interface Ingest {
  /**
   * Reads a file and stores what is new of it. A callback and no promise: there may be a million of them.
   * @param size what the file is expected to hold, to share out the work
   * @param done is told the outcome, also when the file cannot be read; never, once the backup has stopped. Must not throw.
   */
  file(path: string, size: number, done: (outcome: IngestOutcome) => void): void;
  /** Begins everything that was only collected so far: to be called before waiting for outcomes. */
  push(): void;
  /** How many files are worth having in waiting. */
  readonly lookAhead: number;
  /** Bytes read so far. */
  readonly bytesRead: number;
  /** Files being read now, for people to see. */
  readonly currentFiles: readonly string[];
  /** Completes all packs and hands them over. No file follows. */
  finish(): Promise<void>;
  /** Ends what still runs. Comes last, whether the backup has finished or stopped. */
  close(): Promise<void>;
}
