/** Restoring: a part of a snapshot, or after a disaster all of it, from name and password alone. */
import { lstat } from "node:fs/promises";
import { isTasticError, TasticError } from "@tastic/errors";
import { findMerged, type ReadingRoom } from "../copies/reading-room.js";
import {
  mergeSnapshots,
  newestComplete,
  ownedSnapshots,
  siblingsOf,
  type MergedSnapshot,
} from "../copies/merged-snapshots.js";
import { openCopy, type OpenedCopy } from "../copies/opened-copy.js";
import { asError, problemOf } from "../owner/problem.js";
import {
  adoptMarketplace,
  adoptMinio,
  existing,
  findingOf,
  findMarketplace,
  minioAccess,
  openAll,
  type Opened,
  type SetUpContext,
} from "../owner/set-up.js";
import { shownUrl, type CopyAccess } from "../copies/copy-store.js";
import type { Place, Recoverable, RecoverFrom, RestorePreview, RestoreRequest } from "../owner/service.js";
import { runBackup, type BackupContext } from "./backup-run.js";
import { checkBounds, homeOf, legsFor, placesOf } from "./restore-places.js";
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
    const restorings = await plan(context, findMerged(snapshots, request.snapshot), snapshots, request);
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
    await plan(context, findMerged(snapshots, request.snapshot), snapshots, request);
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
    const restorings = await plan(context, findMerged(all, request.snapshot), all, request);
    if (request.target === undefined) await keepWhatIsThere(context, task, restorings);
    const { hidden } = context;
    const overwrite = overwriteModes[request.existing];
    return outcome(await restoreAll(restorings, { copies, hidden, overwrite }, task));
  } finally {
    for (const copy of copies) await copy.close();
  }
}

async function plan(
  context: RestoreContext,
  chosen: MergedSnapshot,
  all: readonly MergedSnapshot[],
  where: { readonly target: string | undefined; readonly paths: readonly string[] },
): Promise<Restoring[]> {
  const { home, roots, hidden, state } = context;
  const { paths: settingsPaths } = await state.settings();
  const wanted = where.paths.length === 0 ? siblingsOf(chosen, all) : [chosen];
  const restorings = wanted.map((merged) => ({
    merged,
    legs: legsFor(merged.snapshot, { ...where, home, settingsPaths }),
  }));
  await checkBounds(
    restorings.flatMap(({ legs }) => legs),
    { home, roots, settingsPaths, hidden },
  );
  return restorings;
}

/** A snapshot of what a restore is about to write over, tagged "safety"; none where there is nothing. */
async function keepWhatIsThere(
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

function outcome(failed: number): RunOutcome {
  if (failed === 0) return { state: "done" };
  const problem = {
    code: "incomplete",
    message: `${failed} things could not be restored from any copy`,
    guidance: "The log of the run names them.",
  };
  return { state: "incomplete", problem };
}

async function openReachable(
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

/** What can be recovered: the snapshots of every copy that opens, whatever is wrong with the others. */
interface Found {
  readonly place: Place;
  readonly opened: readonly Opened[];
  readonly snapshots: readonly MergedSnapshot[];
  /** Writes down that this is where this 3Bot's backups are. */
  adopt(): Promise<void>;
}

const findPatience = 20_000;

async function findBackups(context: RestoreContext, from: RecoverFrom): Promise<Found> {
  const signal = AbortSignal.timeout(findPatience);
  if (from.place === "minio") {
    const access = minioAccess(from);
    const opened = await openAll([access], signal, 3_000);
    return found("minio", opened, () => adoptMinio(context, access, true));
  }
  const marketplace = await findMarketplace(context, { name: from.name, password: from.password }, signal);
  const derived = await openAll(marketplace.accesses, signal, 3_000);
  if (
    derived.some(({ opened }) => opened !== undefined) ||
    !derived.some(({ error }) => isTasticError(error, "wrong-password"))
  )
    return found("marketplace", derived, () => adopt(marketplace.credentials.repositoryPassword));
  // Of before login and repository had passwords of their own.
  const old = await openAll(
    marketplace.accesses.map((access) => ({ ...access, password: from.password })),
    signal,
  );
  return found("marketplace", old, () => adopt(from.password));

  async function adopt(password: string): Promise<void> {
    const { name } = await context.state.identity();
    if (name !== undefined && name !== marketplace.name) {
      throw new TasticError("already-exists", `this 3Bot is ${name} already`, {
        guidance: "Recover another 3Bot with a state folder of its own.",
      });
    }
    await adoptMarketplace(context, marketplace, password, true);
  }
}

function found(place: Place, opened: readonly Opened[], adopt: () => Promise<void>): Found {
  const snapshots = mergeSnapshots(
    opened.flatMap((one) => (one.opened ? [{ id: one.access.id, snapshots: one.opened.snapshots }] : [])),
  );
  return { place, opened, snapshots, adopt };
}

async function closeFound({ opened }: Found): Promise<void> {
  for (const one of opened) await one.opened?.close();
}

export async function findRecoverable(context: RestoreContext, from: RecoverFrom): Promise<Recoverable> {
  const all = await findBackups(context, from);
  try {
    const copies = all.opened.map(({ access, opened, error }) => ({
      url: shownUrl(access),
      finding: opened === undefined ? findingOf(error) : existing(opened.snapshots),
    }));
    return {
      place: all.place,
      copies,
      snapshots: ownedSnapshots(all.snapshots, undefined),
      newestComplete: newestComplete(all.snapshots, context.now())?.snapshot.id,
    };
  } finally {
    await closeFound(all);
  }
}

export interface RecoverRequest {
  readonly from: RecoverFrom;
  readonly snapshot?: string | undefined;
  readonly target?: string | undefined;
}

/** Brings it all back, makes a copy that was lost anew, and goes on backing up to there. */
export async function runRecover(
  context: RestoreContext,
  task: RunTask,
  { from, snapshot, target }: RecoverRequest,
): Promise<RunOutcome> {
  const { state } = context;
  task.step("find");
  const all = await findBackups(context, from);
  let restorings: Restoring[];
  let chosen: MergedSnapshot;
  try {
    for (const { access, opened, error } of all.opened) {
      const what = opened === undefined ? problemOf(error).message : `${opened.snapshots.length} snapshots`;
      task.log(`${access.id} at ${shownUrl(access)}: ${what}`);
    }
    chosen = chooseSnapshot(all, snapshot, context.now());
    task.log(`recovering ${chosen.snapshot.id} of ${chosen.snapshot.time}`);
    restorings = await plan(context, chosen, all.snapshots, { target, paths: [] });
  } finally {
    await closeFound(all);
  }
  const isFresh = !(await state.identity()).used;
  await all.adopt();
  if (isFresh) await adoptPaths(context, restorings);
  if (target === undefined) await keepWhatIsThere(context, task, restorings);
  const failed = await restoreFound(context, task, all, restorings);
  task.made(chosen.snapshot.id);
  const end = outcome(failed);
  // Not all came back: the owner decides whether to go on from what there is.
  if (failed > 0) return end;
  await state.changePlace(task.place, { state: "ready", nextBackup: new Date(context.now()).toISOString() });
  await state.changeIdentity({ used: true });
  const inStep = await runBackup(context, task, { tags: undefined });
  return inStep.state === "done" ? end : inStep;
}

async function restoreFound(
  context: RestoreContext,
  task: RunTask,
  { opened }: Found,
  restorings: readonly Restoring[],
): Promise<number> {
  const accesses = opened.filter((one) => one.opened !== undefined).map(({ access }) => access);
  const copies = await openReachable(context, task, accesses);
  try {
    return await restoreAll(restorings, { copies, hidden: context.hidden, overwrite: "always" }, task);
  } finally {
    for (const copy of copies) await copy.close();
  }
}

function chooseSnapshot(
  { snapshots, opened }: Found,
  wanted: string | undefined,
  now: number,
): MergedSnapshot {
  if (wanted !== undefined && wanted !== "latest") return findMerged(snapshots, wanted);
  const newest = newestComplete(snapshots, now) ?? snapshots[0];
  if (newest !== undefined) return newest;
  const failure = opened.find(({ error }) => error !== undefined)?.error;
  if (failure !== undefined && isTasticError(failure)) throw failure;
  throw new TasticError("not-found", "there are no snapshots to recover", {
    guidance: "Check name and password, or the fields of the store.",
  });
}

/** A 3Bot that comes back goes on with the paths and the host that it had. */
async function adoptPaths({ state, home }: RestoreContext, restorings: readonly Restoring[]): Promise<void> {
  const { paths: settingsPaths } = await state.settings();
  const paths = new Set(settingsPaths);
  const excludes = new Set<string>();
  for (const { merged } of restorings) {
    const { snapshot } = merged;
    const oldHome = homeOf(snapshot, settingsPaths);
    const inHome = (path: string): string =>
      oldHome !== undefined && path.startsWith(`${oldHome}/`) ? `~${path.slice(oldHome.length)}` : path;
    for (const path of snapshot.paths) paths.add(inHome(path));
    for (const pattern of snapshot.excludes ?? []) excludes.add(inHome(pattern));
    if (snapshot.hostname !== undefined && snapshot.hostname !== "")
      await state.changeIdentity({ host: snapshot.hostname });
  }
  const absolute = (path: string): string => (path.startsWith("~/") ? `${home}${path.slice(1)}` : path);
  const known = new Set(settingsPaths.map(absolute));
  await state.changeSettings((old) => ({
    ...old,
    paths: [...old.paths, ...[...paths].filter((path) => !known.has(absolute(path)))],
    excludes: [...new Set([...old.excludes, ...excludes])],
  }));
}
