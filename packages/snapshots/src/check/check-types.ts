/**
 * What a check is asked to do and what it finds.
 */
import type { PackId, SnapshotId } from "@tastic/format";
import type { CheckCrew } from "./check-data.js";

export interface CheckOptions {
  /** Which packs to read and verify whole; none without it. */
  readonly readData?: ReadSelection;
  /** Check only what these snapshots need; all by default. */
  readonly snapshots?: readonly SnapshotId[];
  /** Threads that verify packs, beside this one; 0 for this one alone. */
  readonly workers?: number;
  /** Those workers, where they were hired before (`hireCheckers`). They are dismissed at the end. */
  readonly crew?: CheckCrew;
  readonly signal?: AbortSignal;
  onEvent?(event: CheckEvent): void;
}

/** `part n of t`, a percentage or a number of bytes of all packs, or every one. */
export type ReadSelection =
  | { readonly kind: "all" }
  | { readonly kind: "part"; readonly part: number; readonly of: number }
  | { readonly kind: "percentage"; readonly percentage: number }
  | { readonly kind: "bytes"; readonly bytes: number };

export type CheckPhase = "index" | "packs" | "snapshots" | "data";

export type CheckEvent =
  | { readonly type: "phase"; readonly phase: CheckPhase }
  /** Sent at most ten times a second, and at the end of a phase. */
  | { readonly type: "progress"; readonly phase: CheckPhase; readonly done: number; readonly total: number }
  /** Something is wrong with the repository. */
  | { readonly type: "error"; readonly message: string }
  /** Something to know that is no damage: packs that nothing refers to, duplicates in indexes. */
  | { readonly type: "hint"; readonly message: string };

export interface CheckResult {
  readonly errorCount: number;
  /** Packs whose content is damaged. */
  readonly brokenPacks: readonly PackId[];
  /** `repair index` would help. */
  readonly suggestRepairIndex: boolean;
  /** `prune` would help. */
  readonly suggestPrune: boolean;
}
