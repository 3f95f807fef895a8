/**
 * Putting a changed snapshot in the place of another, or beside it. Snapshots never change: the new one is stored before
 * the old one goes.
 */
import type { BlobId, Snapshot, SnapshotId, SnapshotSummary } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { throwIfCancelled } from "../cancellation.js";
import { removeSnapshots } from "../forget/remove-snapshots.js";
import type { StoredSnapshot } from "../stored-snapshot.js";

/** What is new of a snapshot. */
export interface SnapshotChange {
  /** Undefined where nothing is left of the tree. */
  readonly tree: BlobId | undefined;
  /** RFC 3339. */
  readonly time?: string | undefined;
  readonly hostname?: string | undefined;
  readonly summary?: SnapshotSummary | undefined;
}

/** What became of a snapshot that was changed. */
export type ReplaceEvent =
  | { readonly type: "saved"; readonly id: SnapshotId; readonly change: SnapshotChange }
  | { readonly type: "removed"; readonly id: SnapshotId; readonly wasEmpty: boolean }
  /** What a dry run leaves undone; `remove` with an empty snapshot is all there is to it. */
  | { readonly type: "would-save"; readonly change: SnapshotChange; readonly removesOld: boolean }
  | { readonly type: "would-remove-empty" };

export interface ReplaceOptions {
  readonly signal?: AbortSignal | undefined;
  readonly dryRun: boolean;
  /** Remove the old snapshot, rather than add a tag to the new one. */
  readonly forget: boolean;
  readonly tag: string;
  readonly onEvent?: ((event: ReplaceEvent) => void) | undefined;
}

/**
 * Stores a snapshot with what is new of it, unless nothing is. One of which nothing is left is removed.
 * @returns whether anything changed, or would
 * @throws TasticError the store's, `cancelled`; a new snapshot may then stand beside the old one
 */
export async function replaceSnapshot(
  repository: Repository,
  { id, ...old }: StoredSnapshot,
  change: SnapshotChange,
  options: ReplaceOptions,
): Promise<boolean> {
  const { signal, dryRun, forget, tag, onEvent } = options;
  const { tree, time, hostname, summary } = change;
  throwIfCancelled(signal, "changing snapshots");
  if (tree === undefined) {
    if (dryRun) onEvent?.({ type: "would-remove-empty" });
    else await remove(repository, id, true, options);
    return true;
  }
  const hasMetadata = time !== undefined || hostname !== undefined;
  if (tree === old.tree && !hasMetadata && isSameSummary(old.summary, summary)) return false;
  if (dryRun) {
    onEvent?.({ type: "would-save", change, removesOld: forget });
    return true;
  }
  const tags = old.tags ?? [];
  const snapshot: Snapshot = {
    ...old,
    tree,
    original: id,
    ...(time !== undefined && { time }),
    ...(hostname !== undefined && { hostname }),
    ...(summary !== undefined && { summary }),
    ...(!forget && !tags.includes(tag) && { tags: [...tags, tag] }),
  };
  // Outside of the event, whose arguments are not looked at where nobody listens.
  const newId = await repository.saveSnapshot(snapshot);
  onEvent?.({ type: "saved", id: newId, change });
  if (forget && newId !== id) await remove(repository, id, false, options);
  return true;
}

async function remove(
  { storage }: Repository,
  id: SnapshotId,
  wasEmpty: boolean,
  { onEvent }: ReplaceOptions,
): Promise<void> {
  // Not interrupted, or both would stay.
  await removeSnapshots(storage, [id], {
    onEvent: (event) => {
      if (event.type === "remove-failed") throw event.error;
    },
  });
  onEvent?.({ type: "removed", id, wasEmpty });
}

function isSameSummary(old: SnapshotSummary | undefined, now: SnapshotSummary | undefined): boolean {
  if (now === undefined) return true;
  return old !== undefined && JSON.stringify(old) === JSON.stringify({ ...old, ...now });
}
