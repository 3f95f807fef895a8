/**
 * All snapshots of a repository at once.
 */
import type { Snapshot, SnapshotId } from "@tastic/format";
import type { Repository } from "@tastic/repository";

/** A snapshot and its id. */
export interface StoredSnapshot extends Snapshot {
  readonly id: SnapshotId;
}

/** Loads snapshots, all of them unless ids are given. Errors: those of a snapshot that cannot be read. */
export async function loadSnapshots(
  repository: Repository,
  ids?: readonly SnapshotId[],
): Promise<StoredSnapshot[]> {
  const wanted = ids ?? (await repository.list<SnapshotId>("snapshot"));
  const loaded: StoredSnapshot[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let id = wanted[next++]; id !== undefined; id = wanted[next++]) {
      loaded.push({ ...(await repository.loadSnapshot(id)), id });
    }
  };
  await Promise.all(Array.from({ length: repository.storage.connections }, work));
  return loaded;
}
