/**
 * What a prune is asked to do, what it plans, and what it tells while it works (restic's manual, "Removing backup
 * snapshots").
 */
/** How much unused data may stay: a share of all that is left, bytes, or any amount. */
export type UnusedLimit =
  | { readonly kind: "percentage"; readonly percentage: number }
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "unlimited" };

/** What a prune leaves alone, so that it need not write everything anew. */
export interface PruneLimits {
  /** 5 % by default. */
  readonly maxUnused?: UnusedLimit;
  /** Bytes of packs that are written anew at most; no limit by default. */
  readonly maxRepackBytes?: number;
  /** Packs below this many bytes are written anew where there are ten; by default, what is small beside the others. */
  readonly repackSmallerThan?: number;
  /** Leave packs with data of files alone: only trees, which caches hold. */
  readonly repackCacheableOnly?: boolean;
  /** Write all packs anew that hold anything uncompressed. Only in version 2. */
  readonly repackUncompressed?: boolean;
  /**
   * For a store without any room: writes nothing before space was freed, and removes the index in between. If that is
   * interrupted, only `repair index` makes the repository usable again.
   */
  readonly unsafeRecovery?: boolean;
}

/** Counts of blobs, bytes and packs: what there is, and what becomes of it. */
export interface PruneStats {
  readonly blobs: {
    used: number;
    /** Copies beyond the one that is kept. */
    duplicate: number;
    unused: number;
    /** In packs that are removed whole. */
    remove: number;
    /** In packs that are written anew, kept or not. */
    repack: number;
    /** Left out when packs are written anew. */
    repackRemove: number;
  };
  readonly bytes: {
    used: number;
    duplicate: number;
    unused: number;
    remove: number;
    repack: number;
    repackRemove: number;
    /** Packs that no index lists. */
    unreferenced: number;
    /** Packs that hold something uncompressed, after this prune; 0 in version 1. */
    uncompressed: number;
  };
  readonly packs: {
    used: number;
    unused: number;
    partlyUsed: number;
    unreferenced: number;
    keep: number;
    repack: number;
    remove: number;
  };
}

/** The steps of a prune, in their order. */
export type PrunePhase =
  | "load-snapshots"
  /** Snapshots, for what they use. */
  | "snapshots"
  | "used-packs"
  | "packs"
  | "remove-unreferenced"
  | "repack"
  | "index"
  | "remove-index"
  | "remove-packs"
  /** With unsafe recovery: every index file goes, and is written again at the end. */
  | "remove-all-index"
  | "save-index";

/** What a prune tells: where it is, what it will do (`planned`), what it has removed. */
export type PruneEvent =
  /** `count` is how many snapshots or files the phase is about, where that is known. */
  | { readonly type: "phase"; readonly phase: PrunePhase; readonly count?: number }
  | {
      readonly type: "progress";
      readonly phase: PrunePhase;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: "planned"; readonly plan: PruneSummary }
  | { readonly type: "removed"; readonly phase: PrunePhase; readonly name: string }
  /** For those who want to know everything. */
  | { readonly type: "detail"; readonly message: string }
  /** Something is wrong, or could not be removed. */
  | { readonly type: "error"; readonly message: string };

/** A plan as it is told: ids of packs beside the counts. */
export interface PruneSummary {
  readonly stats: PruneStats;
  readonly unreferenced: readonly string[];
  readonly repack: readonly string[];
  readonly remove: readonly string[];
}

/** Is told what happens in a prune. */
export type PruneObserver = (event: PruneEvent) => void;

export function emptyStats(): PruneStats {
  return {
    blobs: { used: 0, duplicate: 0, unused: 0, remove: 0, repack: 0, repackRemove: 0 },
    bytes: {
      used: 0,
      duplicate: 0,
      unused: 0,
      remove: 0,
      repack: 0,
      repackRemove: 0,
      unreferenced: 0,
      uncompressed: 0,
    },
    packs: { used: 0, unused: 0, partlyUsed: 0, unreferenced: 0, keep: 0, repack: 0, remove: 0 },
  };
}
