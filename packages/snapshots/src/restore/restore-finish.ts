/**
 * The third pass of a restore: what is no file with content, and the metadata of folders, once everything is in them.
 * Links come only now, so that no link of the snapshot itself can lead the restore astray.
 */
import { linkSync } from "node:fs";
import { throwIfCancelled } from "../cancellation.js";
import { clearPath, removeTree, statusIfThere } from "./remove-tree.js";
import type { RestoreContext } from "./restore-context.js";
import { describeFailure } from "./restore-failure.js";
import { setMetadataOf, setMetadataOfPath } from "./restore-metadata.js";
import type { FinishedFolder, HardLink, SpecialItem } from "./restore-plan.js";
import { systemPath } from "../backup/source-files.js";
import { makeSpecial } from "./special-files.js";

/** @param unusable paths of files that could not be restored: nothing is linked to them */
export async function finishRestore(context: RestoreContext, unusable: ReadonlySet<number>): Promise<void> {
  const { plan, folders, attributes, options } = context;
  for (const item of plan.specials) {
    throwIfCancelled(options.signal, "the restore");
    await attempt(context, item.path, () => restoreSpecial(context, item));
  }
  for (const link of plan.hardLinks) {
    throwIfCancelled(options.signal, "the restore");
    await attempt(context, link.path, () => restoreHardLink(context, link, unusable));
  }
  if (options.dryRun !== true) {
    await restoreUnchanged(context);
    await attributes.removeForeign(folders, plan.metadata, (path) => plan.paths.text(path));
  }
  for (const folder of plan.folders) {
    throwIfCancelled(options.signal, "the restore");
    await attempt(context, folder.path, () => finishFolder(context, folder));
  }
}

/** Runs a step for one item; what it throws, or returns, is what is wrong with the item. */
async function attempt(
  { plan, folders, report }: RestoreContext,
  path: number,
  step: () => Promise<string | undefined>,
): Promise<void> {
  let problem: string | undefined;
  try {
    problem = await step();
  } catch (error) {
    problem = describeFailure(error, folders.locate(path));
  }
  if (problem !== undefined) report.error(plan.paths.text(path), problem);
}

async function restoreSpecial(context: RestoreContext, item: SpecialItem): Promise<string | undefined> {
  const { plan, folders, options, report } = context;
  const text = (): string => plan.paths.text(item.path);
  if (options.dryRun === true) {
    report.restored("restored", "other", text, 0);
    return undefined;
  }
  const path = folders.locate(item.path);
  clearPath(path, options.delete === true);
  makeSpecial(item, path, folders.target);
  report.restored("restored", "other", text, 0);
  return setMetadataOfPath(path, plan.metadata.get(item.metadata), context);
}

async function restoreHardLink(
  { plan, folders, options, report }: RestoreContext,
  { path, first }: HardLink,
  unusable: ReadonlySet<number>,
): Promise<string | undefined> {
  const text = (): string => plan.paths.text(path);
  if (options.dryRun !== true) {
    const from = folders.locate(first);
    // Only what this restore wrote, or found right, is linked to: never a link that someone put there.
    if (unusable.has(first) || statusIfThere(from)?.isFile() !== true) {
      return `cannot be linked to ${plan.paths.text(first)}, which was not restored`;
    }
    clearPath(folders.locate(path), options.delete === true);
    linkSync(systemPath(from), systemPath(folders.locate(path)));
  }
  report.restored("restored", "file", text, 0);
  return undefined;
}

async function restoreUnchanged(context: RestoreContext): Promise<void> {
  const { plan, folders, options } = context;
  for (let i = 0; i < plan.unchanged.length; i += 2) {
    throwIfCancelled(options.signal, "the restore");
    await context.times.drained();
    const path = plan.unchanged.get(i);
    const metadata = plan.metadata.get(plan.unchanged.get(i + 1));
    await attempt(context, path, () => setMetadataOf(folders.locate(path), "file", metadata, context));
  }
}

async function finishFolder(context: RestoreContext, folder: FinishedFolder): Promise<string | undefined> {
  const { plan, folders, options, report } = context;
  const really = options.dryRun !== true;
  const path = folders.locate(folder.path);
  for (const name of folder.unexpected) {
    removeTree(`${path}/${name}`, really, (removed, kind) => report.deleted(kind, removed));
  }
  if (folder.metadata < 0) return undefined;
  const problem = really
    ? await setMetadataOf(path, "dir", plan.metadata.get(folder.metadata), context)
    : undefined;
  if (problem === undefined) report.restored("restored", "dir", () => plan.paths.text(folder.path), 0);
  return problem;
}
