/**
 * Pruning: removing what no snapshot needs. What snapshots use is found here; what becomes of packs is the matter of
 * `@tastic/repository`.
 */
import { TasticError } from "@tastic/errors";
import type { SnapshotId } from "@tastic/format";
import type { PruneLimits, PruneObserver, PruneSummary, Repository } from "@tastic/repository";

export interface PruneOptions extends PruneLimits {
  /** Change nothing: only plan. */
  readonly dryRun?: boolean;
  /** Snapshots that do not count, as if they were gone: for the dry run of a forget. */
  readonly ignoreSnapshots?: ReadonlySet<SnapshotId>;
  readonly signal?: AbortSignal;
  readonly onEvent?: PruneObserver;
}

/**
 * Prunes a repository whose index has not been loaded: prune does that itself. The caller holds an exclusive lock, and
 * `signal` ends with it.
 *
 * @returns what was planned, and done unless it was a dry run
 * @throws TasticError `damaged-repository` where something in use is missing, and nothing was removed; `incomplete`
 * where all went well but files that are of no use could not be removed; `invalid-argument`, `cancelled`, the store's
 */
export function prune(_repository: Repository, _options: PruneOptions = {}): Promise<PruneSummary> {
  return Promise.reject(new TasticError("unsupported", "prune is being written"));
}
