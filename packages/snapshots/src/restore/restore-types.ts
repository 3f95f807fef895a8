/**
 * What a restore is asked to do, what it reports on the way, and what it says at the end.
 */
import type { RestoreCrew } from "./restore-files.js";
import type { PatternFilter } from "./restore-filter.js";

/** What to do with a file that exists. */
export type OverwriteMode = "always" | "if-changed" | "if-newer" | "never";

/** What to restore, and how. */
export interface RestoreOptions {
  /** The folder to restore into. */
  readonly target: string;
  /** Which items to restore; all without it. */
  readonly filter?: PatternFilter;
  readonly overwrite?: OverwriteMode;
  /** Remove what the snapshot does not hold, as far as the filter reaches. */
  readonly delete?: boolean;
  /** Leave holes where files hold long runs of zeros. */
  readonly sparse?: boolean;
  /** Read all restored files again and compare. */
  readonly verify?: boolean;
  readonly dryRun?: boolean;
  /** Look owners up by name rather than by number. */
  readonly ownershipByName?: boolean;
  /** Which extended attributes to restore, by name. */
  readonly includeAttribute?: (name: string) => boolean;
  readonly workers?: number;
  /** Those workers, where they were hired before (`hireWriters`). They are dismissed at the end. */
  readonly crew?: RestoreCrew;
  /** Resolves once a lock is held, by default before. Until then nothing is touched but the repository, to read it. */
  readonly held?: Promise<void>;
  readonly signal?: AbortSignal;
  /** Is told what happens on the way. */
  onEvent?(event: RestoreEvent): void;
}

/** How far a restore is: files of all kinds and folders, and bytes of content. */
export interface RestoreProgress {
  readonly totalFiles: number;
  readonly filesRestored: number;
  readonly filesSkipped: number;
  readonly filesDeleted: number;
  readonly totalBytes: number;
  readonly bytesRestored: number;
  readonly bytesSkipped: number;
}

/** What a restore tells. `size` is in bytes. */
export type RestoreEvent =
  /** Sent at most ten times a second. */
  | ({ readonly type: "progress" } & RestoreProgress)
  | {
      readonly type: "item";
      readonly action: "restored" | "updated" | "unchanged" | "deleted";
      readonly kind: "file" | "dir" | "other";
      readonly path: string;
      readonly size: number;
    }
  /** Something could not be restored; the restore goes on, and the command ends with an error. */
  | { readonly type: "error"; readonly path: string; readonly message: string }
  | { readonly type: "warning"; readonly message: string }
  /** Sent with `verify` when all files have been compared. */
  | { readonly type: "verified"; readonly files: number };

/** What a restore has done. */
export interface RestoreResult extends RestoreProgress {
  readonly seconds: number;
  readonly errorCount: number;
}
