/**
 * What snapshots use: all blobs that their trees reach. Where something cannot be read or is missing, there is no
 * answer, since what is behind it would be taken for unused.
 */
import { TasticError, messageOf } from "@tastic/errors";
import { shortId } from "@tastic/format";
import type { BlobId, SnapshotId } from "@tastic/format";
import type { PruneObserver, Repository } from "@tastic/repository";
import { BlobMarks } from "../check/blob-marks.js";
import { markTree } from "../check/mark-trees.js";
import { throwIfCancelled } from "../cancellation.js";
import { listSnapshots } from "../snapshot-lookup.js";

export interface UsedBlobsOptions {
  readonly ignoreSnapshots?: ReadonlySet<SnapshotId>;
  readonly signal?: AbortSignal;
  readonly onEvent?: PruneObserver;
}

/**
 * Marks all blobs that snapshots use. The index is loaded.
 * @throws TasticError `damaged-repository` where a snapshot or tree cannot be read, or something is missing
 */
export async function findUsedBlobs(
  repository: Repository,
  { ignoreSnapshots, signal, onEvent }: UsedBlobsOptions,
): Promise<BlobMarks> {
  onEvent?.({ type: "phase", phase: "load-snapshots" });
  const trees = await loadRoots(repository, ignoreSnapshots);
  throwIfCancelled(signal, "prune");
  const total = trees.length;
  onEvent?.({ type: "phase", phase: "snapshots", count: total });
  const marks = new BlobMarks(repository.index);
  const missing = new Set<BlobId>();
  for (const [done, tree] of trees.entries()) {
    onEvent?.({ type: "progress", phase: "snapshots", done, total });
    await markTree(repository, marks, tree, {
      ...(signal && { signal }),
      onProblem: (problem) => {
        if (problem.isUnreadable) throw damaged(`failed finding blobs: ${problem.problems.join("; ")}`);
        for (const id of problem.missing) missing.add(id);
      },
    });
  }
  onEvent?.({ type: "progress", phase: "snapshots", done: total, total });
  if (missing.size === 0) return marks;
  onEvent?.({ type: "phase", phase: "used-packs" });
  const names = [...missing].map((id) => `<data/${shortId(id)}>`).sort();
  onEvent?.({
    type: "error",
    message:
      `{${names.join(" ")}} not found in the index\n\n` +
      "Integrity check failed: data that snapshots need seems to be missing.\n" +
      "Nothing is removed, so that no more is lost.",
  });
  throw damaged("index is not complete", [...missing]);
}

async function loadRoots(
  repository: Repository,
  ignored: ReadonlySet<SnapshotId> = new Set(),
): Promise<BlobId[]> {
  const store = {
    list: async () => (await repository.list<SnapshotId>("snapshot")).filter((id) => !ignored.has(id)),
    loadSnapshot: (id: SnapshotId) => repository.loadSnapshot(id),
  };
  const snapshots = await listSnapshots(store, (id, error) => {
    throw damaged(`failed loading snapshot ${shortId(id)}: ${messageOf(error)}`, [id], error);
  });
  return snapshots.map(({ tree }) => tree);
}

function damaged(message: string, ids: readonly string[] = [], cause?: unknown): TasticError {
  return new TasticError("damaged-repository", message, {
    guidance: "Nothing was removed. Run check to see what is wrong, and repair it first.",
    data: { ids },
    ...(cause === undefined ? {} : { cause }),
  });
}
