/**
 * Removing snapshot files (restic's design document, "Snapshots"): the content they refer to stays, until `prune`.
 */
import { isTasticError } from "@tastic/errors";
import type { SnapshotId } from "@tastic/format";
import type { Storage } from "@tastic/storage";
import { throwIfCancelled } from "../cancellation.js";

/** What snapshots are removed from. */
export type RemovalStorage = Pick<Storage, "connections" | "remove">;

/** What happened to one snapshot, and how far all is. */
export type RemovalEvent =
  | { readonly type: "removed"; readonly id: SnapshotId; readonly done: number; readonly total: number }
  | {
      readonly type: "remove-failed";
      readonly id: SnapshotId;
      readonly error: unknown;
      readonly done: number;
      readonly total: number;
    };

/** How to remove snapshots. */
export interface RemovalOptions {
  readonly signal?: AbortSignal | undefined;
  /** Is told what happens on the way. */
  readonly onEvent?: ((event: RemovalEvent) => void) | undefined;
}

/**
 * Removes snapshots, as many at once as the store has connections. One that cannot be removed does not keep others
 * from it; one that is gone already counts as removed, since an answer of the store may have been lost.
 * @returns those that could not be removed
 * @throws TasticError cancelled
 */
export async function removeSnapshots(
  storage: RemovalStorage,
  ids: readonly SnapshotId[],
  { signal, onEvent }: RemovalOptions = {},
): Promise<SnapshotId[]> {
  const failed: SnapshotId[] = [];
  const total = ids.length;
  let done = 0;
  const next = ids.values();
  const isCancelled = (): boolean => signal?.aborted === true;
  const work = async (): Promise<void> => {
    for (const id of next) {
      if (isCancelled()) return;
      const error = await removalError(storage, id, signal);
      if (error === undefined) {
        onEvent?.({ type: "removed", id, done: ++done, total });
      } else if (!isCancelled()) {
        failed.push(id);
        onEvent?.({ type: "remove-failed", id, error, done, total });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(storage.connections, total) }, work));
  throwIfCancelled(signal, "removing snapshots");
  return failed;
}

/** What kept a snapshot from being removed, or undefined if it is gone. */
async function removalError(
  storage: RemovalStorage,
  id: SnapshotId,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  try {
    await storage.remove({ type: "snapshot", name: id }, { signal });
    return undefined;
  } catch (error) {
    return isTasticError(error, "not-found") ? undefined : error;
  }
}
