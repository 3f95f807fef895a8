/** Restoring a snapshot, or a part of it. */
import { lstat } from "node:fs/promises";
import { isTasticError } from "@tastic/errors";
import type { CopyAccess } from "../copies/copy-store.js";
import { type MergedSnapshot, mergeSnapshots, siblingsOf } from "../copies/merged-snapshots.js";
import { openCopy, type OpenedCopy } from "../copies/opened-copy.js";
import { findMerged, type ReadingRoom } from "../copies/reading-room.js";
import { asError } from "../owner/problem.js";
import type { RestorePreview, RestoreRequest } from "../owner/service.js";
import type { SetUpContext } from "../owner/set-up.js";
import { type BackupContext, runBackup } from "./backup-run.js";
import { checkBounds, legsFor, placesOf } from "./restore-places.js";
import { overwriteModes, previewRestore, restoreAll, type Restoring } from "./restore-work.js";
import type { RunOutcome, RunTask } from "./runs.js";

export interface RestoreContext extends BackupContext, SetUpContext {
  /** Folders that may be restored to. */
  readonly roots: readonly string[];
}

/** @throws TasticError unsafe-path, not-found */
export async function preview(
  context: RestoreContext,
  room: ReadingRoom,
  request: RestoreRequest,
): Promise<RestorePreview> {
  return room.read(request.place, async ({ copies, snapshots }) => {
    const restorings = await planRestore(
      context,
      findMerged(snapshots, request.snapshot, context.now()),
      snapshots,
      request,
    );
    const { hidden } = context;
    return previewRestore(restorings, { copies, hidden, overwrite: overwriteModes[request.existing] });
  });
}

/** Looks whether the request makes sense, before a run begins. */
export async function checkRestore(
  context: RestoreContext,
  room: ReadingRoom,
  request: RestoreRequest,
): Promise<void> {
  await room.read(request.place, async ({ snapshots }) => {
    await planRestore(context, findMerged(snapshots, request.snapshot, context.now()), snapshots, request);
  });
}

export async function runRestore(
  context: RestoreContext,
  task: RunTask,
  request: RestoreRequest,
): Promise<RunOutcome> {
  const { state } = context;
  const accesses = state.accesses(await state.needPlace(request.place));
  const copies = await openReachable(context, task, accesses);
  try {
    const all = mergeSnapshots(copies.map(({ access, snapshots }) => ({ id: access.id, snapshots })));
    const restorings = await planRestore(
      context,
      findMerged(all, request.snapshot, context.now()),
      all,
      request,
    );
    if (request.target === undefined) await keepWhatIsThere(context, task, restorings);
    const { hidden } = context;
    const overwrite = overwriteModes[request.existing];
    return outcomeOf(await restoreAll(restorings, { copies, hidden, overwrite }, task));
  } finally {
    for (const copy of copies) await copy.close();
  }
}

export async function planRestore(
  context: RestoreContext,
  chosen: MergedSnapshot,
  all: readonly MergedSnapshot[],
  where: { readonly target: string | undefined; readonly paths: readonly string[] },
): Promise<Restoring[]> {
  const { home, roots, hidden, state } = context;
  const { paths } = await state.settings();
  const settingsPaths = [...paths, ...(await state.jobs()).flatMap((job) => job.paths)];
  const wanted = where.paths.length === 0 ? siblingsOf(chosen, all) : [chosen];
  const restorings = wanted.map((merged) => ({
    merged,
    legs: legsFor(merged.snapshot, { ...where, home, settingsPaths }),
  }));
  await checkBounds(
    restorings.flatMap(({ legs }) => legs),
    { roots, hidden },
  );
  return restorings;
}

/** A snapshot of what a restore is about to write over, tagged "safety"; none where there is nothing. */
export async function keepWhatIsThere(
  context: RestoreContext,
  task: RunTask,
  restorings: readonly Restoring[],
): Promise<void> {
  const paths: string[] = [];
  for (const place of restorings.flatMap(({ legs }) => legs.flatMap((leg) => placesOf(leg)))) {
    if (await isThere(place)) paths.push(place);
  }
  if (paths.length === 0) return;
  task.log(`what is there now is kept in a snapshot first: ${paths.join(", ")}`);
  const { state, problem } = await runBackup(context, task, { tags: [], safety: true, paths });
  if (state === "done") return;
  task.log(`the safety snapshot lacks something: ${problem?.message ?? ""}`);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}

export function outcomeOf(failed: number): RunOutcome {
  if (failed === 0) return { state: "done" };
  const problem = {
    code: "incomplete",
    message: `${failed} things could not be restored from any copy`,
    guidance: "The log of the run names them.",
  };
  return { state: "incomplete", problem };
}

export async function openReachable(
  { retryForMs }: RestoreContext,
  task: RunTask,
  accesses: readonly CopyAccess[],
): Promise<OpenedCopy[]> {
  const copies: OpenedCopy[] = [];
  let failure: unknown;
  for (const access of accesses) {
    task.step(`open ${access.id}`);
    try {
      copies.push(await openCopy(access, { retryForMs, signal: task.signal }));
    } catch (error) {
      if (task.signal.aborted || !isTasticError(error)) throw error;
      task.log(`${access.id}: ${error.message}`);
      failure ??= error;
    }
  }
  if (copies.length === 0) throw asError(failure);
  return copies;
}
