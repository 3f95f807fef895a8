/**
 * Restoring a snapshot, or a part of one, to a folder (restic's manual, "Restoring from backup").
 *
 * Three passes: look and plan, write contents pack by pack, then finish links, special files and folders. A file that
 * cannot be restored is an event, and the restore goes on.
 */
import type { BlobId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { ExactTimes } from "./exact-times.js";
import { waitFor } from "../cancellation.js";
import { findSubtree } from "../find-tree.js";
import { RestoreReport } from "./restore-report.js";
import { AttributeRestorer } from "./restore-attributes.js";
import type { RestoreContext } from "./restore-context.js";
import { hireWriters, restoreFiles } from "./restore-files.js";
import type { RestoreCrew } from "./restore-files.js";
import { finishRestore } from "./restore-finish.js";
import { RestorePlan } from "./restore-plan.js";
import { RestoreScan } from "./restore-scan.js";
import type { RestoreOptions, RestoreResult } from "./restore-types.js";
import { verifyFiles } from "./restore-verify.js";
import { SafeFolders } from "./safe-path.js";
import { TreeReader } from "../tree-reader.js";
import { loadUserNames } from "../users.js";

/**
 * Restores what is below a tree. The index must be loaded, and a lock held, or on its way (`held`).
 *
 * @param source the snapshot's tree, and a folder in it to restore instead of the whole
 * @throws TasticError `not-found` or `invalid-argument` for the subfolder, `cancelled`; system errors if the target
 *   cannot be made. What goes wrong with single items is an event and counted in the result.
 */
export async function restore(
  repository: Repository,
  source: { readonly treeId: BlobId; readonly subfolder?: string },
  options: RestoreOptions,
): Promise<RestoreResult> {
  const start = performance.now();
  const { dryRun = false, signal, held } = options;
  // They start while the trees are looked at, so that they are there when there is something to write.
  const crew = options.crew ?? hireWriters(dryRun ? 0 : options.workers);
  try {
    const treeId = await findSubtree(repository, source.treeId, source.subfolder ?? "", signal);
    const trees = new TreeReader(repository, signal);
    if (held !== undefined) {
      await trees.loadUntil(held, treeId);
      await waitFor(held, signal, "the restore");
    }
    return { ...(await restoreTree(repository, treeId, trees, crew, options)), seconds: secondsSince(start) };
  } finally {
    await crew.close();
  }
}

async function restoreTree(
  repository: Repository,
  treeId: BlobId,
  trees: TreeReader,
  crew: RestoreCrew,
  options: RestoreOptions,
): Promise<Omit<RestoreResult, "seconds">> {
  const plan = new RestorePlan(options.ownershipByName === true ? loadUserNames() : undefined);
  const report = new RestoreReport(options);
  const attributes = new AttributeRestorer(options, report);
  const folders = new SafeFolders(options.target, plan.paths, options.dryRun === true);
  const times = new ExactTimes();
  const context: RestoreContext = { repository, options, plan, folders, attributes, times, report };
  try {
    await new RestoreScan(context, trees).run(treeId);
    const ledger = await restoreFiles(context, crew);
    const hasFailed = (file: number): boolean => ledger.hasFailed(file);
    await finishRestore(context, failedPaths(plan, hasFailed));
    if (options.verify === true && options.dryRun !== true) await verifyFiles(context, hasFailed);
  } finally {
    await Promise.all([attributes.close(), times.close()]);
  }
  return { ...report.progress, errorCount: report.errorCount };
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

function failedPaths(plan: RestorePlan, hasFailed: (file: number) => boolean): Set<number> {
  const paths = new Set<number>();
  for (let file = 0; file < plan.fileCount; file++) if (hasFailed(file)) paths.add(plan.filePath(file));
  return paths;
}
