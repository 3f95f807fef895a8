/**
 * Which snapshot a backup compares with: the one named, or the latest of the same host and paths (or whatever the
 * snapshots are grouped by) that is not newer than this one.
 */
import { parseTime } from "@tastic/format";
import type { Snapshot } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import type { BackupOptions } from "./backup-types.js";
import { GROUP_BY_HOST_AND_PATHS } from "../snapshot-groups.js";
import { listSnapshots } from "../snapshot-lookup.js";
import type { StoredSnapshot } from "../stored-snapshot.js";

export async function findParent(
  repository: Repository,
  draft: Omit<Snapshot, "tree">,
  options: Pick<BackupOptions, "parent" | "force" | "groupBy">,
): Promise<StoredSnapshot | undefined> {
  const { parent, force, groupBy = GROUP_BY_HOST_AND_PATHS } = options;
  if (force === true) return undefined;
  if (parent !== undefined) return { ...(await repository.loadSnapshot(parent)), id: parent };
  const before = parseTime(draft.time);
  const candidates = (await listSnapshots(repository)).filter(
    (snapshot) =>
      parseTime(snapshot.time) <= before &&
      (!groupBy.host || snapshot.hostname === draft.hostname) &&
      (!groupBy.paths || holdsAll(snapshot.paths, draft.paths)) &&
      (!groupBy.tags || holdsAll(snapshot.tags ?? [], draft.tags ?? [])),
  );
  return candidates.at(-1);
}

/** Are all of `wanted` among `all`? restic too takes a snapshot of more paths for the parent of one of fewer. */
function holdsAll(all: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((one) => all.includes(one));
}
