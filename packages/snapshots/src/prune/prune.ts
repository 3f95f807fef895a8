/**
 * Pruning: removing what no snapshot needs. What snapshots use is found here; what becomes of packs is the matter of
 * `@tastic/repository`.
 */
import { TasticError } from "@tastic/errors";
import type { SnapshotId } from "@tastic/format";
import { checkPruneLimits, executePrune, planPrune } from "@tastic/repository";
import type { IndexFile, PruneLimits, PruneObserver, PruneSummary, Repository } from "@tastic/repository";
import { findUsedBlobs } from "./used-blobs.js";

/** How to prune. */
export interface PruneOptions extends PruneLimits {
  /** Change nothing: only plan. */
  readonly dryRun?: boolean;
  /** Snapshots that do not count, as if they were gone: for the dry run of a forget. */
  readonly ignoreSnapshots?: ReadonlySet<SnapshotId>;
  readonly signal?: AbortSignal;
  /** How far loading the index is. */
  readonly onIndexProgress?: (loaded: number, total: number) => void;
  readonly onEvent?: PruneObserver;
}

/**
 * Prunes a repository whose index has not been loaded: prune does that itself. The caller holds an exclusive lock, and
 * `signal` ends with it. The repository is of no more use afterwards but to be unlocked.
 *
 * @returns what was planned, and done unless it was a dry run
 * @throws TasticError `damaged-repository` where something in use is missing, and nothing was removed; `incomplete`
 * where all went well but files that are of no use could not be removed; `invalid-argument`, `cancelled`, the store's
 */
export async function prune(repository: Repository, options: PruneOptions = {}): Promise<PruneSummary> {
  if (repository.index.size > 0) {
    throw new TasticError("invalid-argument", "prune loads the index itself, and it is loaded already", {
      guidance: "Open the repository anew to prune it.",
    });
  }
  const { signal, dryRun = false, onIndexProgress } = options;
  const files: IndexFile[] = [];
  await repository.loadIndex({
    ...(signal && { signal }),
    ...(onIndexProgress && { onProgress: onIndexProgress }),
    onIndex: (id, packs) => void files.push({ id, packs }),
  });
  checkPruneLimits(repository, options);
  const plan = await planPrune(repository, await findUsedBlobs(repository, options), options);
  options.onEvent?.({ type: "planned", plan: plan.summary });
  if (!dryRun) await executePrune(repository, files, plan, options);
  return plan.summary;
}
