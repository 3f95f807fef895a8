/**
 * What a check is asked to do and what it finds.
 */
import type { BlobId, BlobType, PackId, SnapshotId } from "@tastic/format";
import type { CheckCrew } from "./check-data.js";

/** What to check. */
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
  /** Is told what happens on the way. */
  onEvent?(event: CheckEvent): void;
  /** Called for each piece of damage that blobs of another repository may repair; the same may be told twice. */
  onDamage?(damage: CheckDamage): void;
}

/** What another repository may repair; see `repairFrom`. */
export type CheckDamage =
  /** It is missing, or not what its name says. */
  | { readonly type: "pack"; readonly id: PackId }
  /** No index lists it, or it does not load. */
  | { readonly type: "blob"; readonly blob: { readonly type: BlobType; readonly id: BlobId } };

/** `part n of t`, a percentage or a number of bytes of all packs, or every one. */
export type ReadSelection =
  | { readonly kind: "all" }
  | { readonly kind: "part"; readonly part: number; readonly of: number }
  | { readonly kind: "percentage"; readonly percentage: number }
  | { readonly kind: "bytes"; readonly bytes: number };

/** The steps of a check, in their order; `data` only where packs are read. */
export type CheckPhase = "index" | "packs" | "snapshots" | "data";

/** What a check tells. */
export type CheckEvent =
  | { readonly type: "phase"; readonly phase: CheckPhase }
  /** Sent at most ten times a second, and at the end of a phase. */
  | { readonly type: "progress"; readonly phase: CheckPhase; readonly done: number; readonly total: number }
  /** Something is wrong with the repository. */
  | { readonly type: "error"; readonly message: string }
  /** Something to know that is no damage: packs that nothing refers to, duplicates in indexes. */
  | { readonly type: "hint"; readonly message: string };

/** What a check has found. */
export interface CheckResult {
  readonly errorCount: number;
  /** Packs whose content is damaged. */
  readonly brokenPacks: readonly PackId[];
  /** `repair index` would help. */
  readonly suggestRepairIndex: boolean;
  /** `prune` would help. */
  readonly suggestPrune: boolean;
}
