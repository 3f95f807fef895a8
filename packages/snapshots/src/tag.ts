/**
 * Changing the tags of snapshots (restic's manual, "Working with repositories"). A snapshot never changes: one with the
 * new tags is stored first, then the old one is removed.
 */
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import type { Snapshot, SnapshotId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { throwIfCancelled } from "./cancellation.js";
import type { StoredSnapshot } from "./stored-snapshot.js";

/** Either `set`, or any of the others. */
export interface TagChange {
  /** These instead of all that there are. */
  readonly set?: readonly string[] | undefined;
  readonly add?: readonly string[] | undefined;
  /** Taken away after others were added. */
  readonly remove?: readonly string[] | undefined;
}

/** What became of a snapshot. */
export type TagEvent =
  | { readonly type: "changed"; readonly oldId: SnapshotId; readonly newId: SnapshotId }
  /** A snapshot could not be replaced. If `newId` is there, it stands beside the old one, which could not be removed. */
  | {
      readonly type: "error";
      readonly id: SnapshotId;
      readonly newId?: SnapshotId;
      readonly message: string;
      readonly error: unknown;
    };

/** How to change tags. */
export interface TagOptions {
  readonly signal?: AbortSignal;
  /** Is told what happens on the way. */
  readonly onEvent?: (event: TagEvent) => void;
}

/** What was changed. */
export interface TagResult {
  /** How many snapshots were replaced. */
  readonly changed: number;
  readonly failed: number;
}

/** The tags after a change, or undefined if they stay. Setting tags always counts as a change. */
export function changeTags(
  tags: readonly string[],
  { set, add = [], remove = [] }: TagChange,
): string[] | undefined {
  if (set !== undefined) return [...set];
  const changed = [...tags];
  let hasChanged = false;
  for (const tag of add) {
    if (changed.includes(tag)) continue;
    changed.push(tag);
    hasChanged = true;
  }
  for (const tag of remove) {
    const at = changed.indexOf(tag);
    if (at === -1) continue;
    // The last tag takes its place, as restic does it: the order of tags is stored.
    const last = changed.pop();
    if (last !== undefined && at < changed.length) changed[at] = last;
    hasChanged = true;
  }
  return hasChanged ? changed : undefined;
}

/**
 * Changes the tags of snapshots, one after the other. The caller holds an exclusive lock.
 * @throws TasticError invalid-argument where there is nothing to change, cancelled
 */
export async function tagSnapshots(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  change: TagChange,
  { signal, onEvent }: TagOptions = {},
): Promise<TagResult> {
  checkTagChange(change);
  let changed = 0;
  let failed = 0;
  for (const { id, ...snapshot } of snapshots) {
    throwIfCancelled(signal, "changing tags");
    const tags = changeTags(snapshot.tags ?? [], change);
    if (tags === undefined) continue;
    const event = await replace(repository, id, { ...snapshot, tags, original: snapshot.original ?? id });
    if (event.type === "changed") changed++;
    else failed++;
    onEvent?.(event);
  }
  return { changed, failed };
}

/** @throws TasticError invalid-argument */
export function checkTagChange({ set, add = [], remove = [] }: TagChange): void {
  const changesSome = add.length + remove.length > 0;
  if (set === undefined && !changesSome) {
    throw new TasticError("invalid-argument", "nothing to do!", {
      guidance: "Say which tags with --set, --add or --remove.",
    });
  }
  if (set !== undefined && changesSome) {
    throw new TasticError("invalid-argument", "--set and --add/--remove cannot be given at the same time");
  }
}

/** Stores the new snapshot, then removes the old one. Not interrupted in between, or both would stay. */
async function replace(repository: Repository, id: SnapshotId, snapshot: Snapshot): Promise<TagEvent> {
  let newId: SnapshotId | undefined;
  try {
    newId = await repository.saveSnapshot(snapshot);
    if (newId !== id) await repository.storage.remove({ type: "snapshot", name: id });
  } catch (error) {
    // Gone is gone: an answer of the store may have been lost.
    if (newId === undefined || !isTasticError(error, "not-found"))
      return { type: "error", id, ...(newId && { newId }), message: messageOf(error), error };
  }
  return { type: "changed", oldId: id, newId };
}
