/**
 * Which snapshot a backup compares with: the one named, or the latest of the same host and paths (or whatever the
 * snapshots are grouped by) that is not newer than this one.
 */
import { parseTime } from "@tastic/format";
import type { Snapshot } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import type { BackupOptions } from "./backup-types.js";
import { loadSnapshots } from "./snapshot-store.js";
import type { StoredSnapshot } from "./snapshot-store.js";

export async function findParent(
  repository: Repository,
  draft: Omit<Snapshot, "tree">,
  options: Pick<BackupOptions, "parent" | "force" | "groupBy">,
): Promise<StoredSnapshot | undefined> {
  if (options.parent !== undefined) return (await loadSnapshots(repository, [options.parent]))[0];
  if (options.force === true) return undefined;
  const by = options.groupBy ?? { host: true, paths: true, tags: false };
  const before = parseTime(draft.time);
  let latest: StoredSnapshot | undefined;
  let latestTime = 0n;
  for (const snapshot of await loadSnapshots(repository)) {
    const time = parseTime(snapshot.time);
    if (time > before) continue;
    if (by.host && snapshot.hostname !== draft.hostname) continue;
    if (by.paths && !holdsAll(snapshot.paths, draft.paths)) continue;
    if (by.tags && !holdsAll(snapshot.tags ?? [], draft.tags ?? [])) continue;
    if (latest === undefined || time > latestTime) {
      latest = snapshot;
      latestTime = time;
    }
  }
  return latest;
}

/** Are all of `wanted` among `all`? restic too takes a snapshot of more paths for the parent of one of fewer. */
function holdsAll(all: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((one) => all.includes(one));
}
