/**
 * The third part of a check: does every snapshot load, and is everything there that its trees name?
 */
import { messageOf } from "@tastic/errors";
import { shortId } from "@tastic/format";
import type { BlobId, SnapshotId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import type { BlobMarks } from "./blob-marks.js";
import { throwIfCancelled } from "../cancellation.js";
import type { CheckReport } from "./check-report.js";
import { markTree } from "./mark-trees.js";

/** Visits the trees of these snapshots, or of all, and marks what they use. */
export async function checkSnapshots(
  repository: Repository,
  ids: readonly SnapshotId[] | undefined,
  marks: BlobMarks,
  report: CheckReport,
  signal?: AbortSignal,
): Promise<void> {
  const trees = await loadRoots(
    repository,
    ids ?? (await repository.list<SnapshotId>("snapshot")),
    report,
    signal,
  );
  let done = 0;
  report.progress("snapshots", 0, trees.length);
  for (const tree of trees) {
    await markTree(repository, marks, tree, {
      ...(signal === undefined ? {} : { signal }),
      onProblem: ({ tree: damaged, problems, isUnreadable, missing }) => {
        if (isUnreadable) report.damaged({ type: "blob", blob: { type: "tree", id: damaged } });
        for (const id of missing) report.damaged({ type: "blob", blob: { type: "data", id } });
        const lines = problems.map((problem) => `\n  ${problem}`).join("");
        report.error(`error for tree ${shortId(damaged)}:${lines}`, problems.length);
      },
    });
    report.progress("snapshots", ++done, trees.length);
  }
}

/** The trees of snapshots. */
async function loadRoots(
  repository: Repository,
  ids: readonly SnapshotId[],
  report: CheckReport,
  signal: AbortSignal | undefined,
): Promise<BlobId[]> {
  const trees: BlobId[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
      throwIfCancelled(signal, "checking snapshots");
      try {
        trees.push((await repository.loadSnapshot(id)).tree);
      } catch (error) {
        report.error(`error: failed to load snapshot ${shortId(id)}: ${messageOf(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: repository.storage.connections }, work));
  return trees;
}
