/** After a disaster: all of it, from a name and a password, or from the fields of a store. */
import { isTasticError, TasticError } from "@tastic/errors";
import { shownUrl } from "../copies/copy-store.js";
import {
  jobOf,
  type MergedSnapshot,
  mergeSnapshots,
  newestComplete,
  ownedSnapshots,
} from "../copies/merged-snapshots.js";
import { openAll, type Opened } from "../copies/open-all.js";
import { findMerged } from "../copies/reading-room.js";
import { existing, findingOf } from "../owner/findings.js";
import { problemOf } from "../owner/problem.js";
import type { Place, Recoverable, RecoverFrom } from "../owner/service.js";
import { adoptMarketplace, findMarketplace } from "../owner/set-up-marketplace.js";
import { adoptMinio, minioAccess } from "../owner/set-up-minio.js";
import { runBackup } from "./backup-run.js";
import { homeOf, mayBackUp } from "./restore-places.js";
import {
  keepWhatIsThere,
  openReachable,
  outcomeOf,
  planRestore,
  type RestoreContext,
} from "./restore-run.js";
import { restoreAll, type Restoring } from "./restore-work.js";
import type { RunOutcome, RunTask } from "./runs.js";

/** What can be recovered: the snapshots of every copy that opens, whatever is wrong with the others. */
interface Found {
  readonly place: Place;
  readonly opened: readonly Opened[];
  readonly snapshots: readonly MergedSnapshot[];
  /** Writes down that this is where this 3Bot's backups are. */
  adopt(): Promise<void>;
}

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
      finding: opened === undefined ? findingOf(error, all.place) : existing(opened.snapshots),
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
  given: RestoreContext,
  task: RunTask,
  { from, snapshot, target }: RecoverRequest,
): Promise<RunOutcome> {
  const { state } = given;
  task.step("find");
  const all = await findBackups(given, from);
  // Somebody waits for what the other copies have.
  const away = all.opened.filter(({ error }) => isTasticError(error, "storage-failed"));
  const context = { ...given, away: new Set(away.map(({ access }) => access.id)) };
  let restorings: Restoring[];
  let chosen: MergedSnapshot;
  try {
    for (const { access, opened, error } of all.opened) {
      const what = opened === undefined ? problemOf(error).message : `${opened.snapshots.length} snapshots`;
      task.log(`${access.id} at ${shownUrl(access)}: ${what}`);
    }
    chosen = chooseSnapshot(all, snapshot, context.now());
    task.log(`recovering ${chosen.snapshot.id} of ${chosen.snapshot.time}`);
    restorings = await planRestore(context, chosen, all.snapshots, { target, paths: [] });
  } finally {
    await closeFound(all);
  }
  const isFresh = !(await state.identity()).used;
  await all.adopt();
  if (isFresh) await adoptPaths(context, restorings);
  if (target === undefined) await keepWhatIsThere(context, task, restorings);
  const failed = await restoreFound(context, task, all, restorings);
  task.made(chosen.snapshot.id);
  const end = outcomeOf(failed);
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
  if (wanted !== undefined && wanted !== "latest") return findMerged(snapshots, wanted, now);
  const newest = newestComplete(snapshots, now) ?? snapshots[0];
  if (newest !== undefined) return newest;
  const failure = opened.find(({ error }) => error !== undefined)?.error;
  if (failure !== undefined && isTasticError(failure)) throw failure;
  throw new TasticError("not-found", "there are no snapshots to recover", {
    guidance: "Check name and password, or the fields of the store.",
  });
}

/** A 3Bot that comes back goes on with the paths and the host that it had. */
async function adoptPaths(
  { state, home, roots }: RestoreContext,
  restorings: readonly Restoring[],
): Promise<void> {
  const { paths: settingsPaths } = await state.settings();
  const paths = new Set(settingsPaths);
  const excludes = new Set<string>();
  for (const { merged } of restorings) {
    const { snapshot } = merged;
    // Those of a job are not the 3Bot's own.
    if (jobOf(snapshot) !== undefined) continue;
    const oldHome = homeOf(snapshot, settingsPaths);
    const inHome = (path: string): string =>
      oldHome !== undefined && path.startsWith(`${oldHome}/`) ? `~${path.slice(oldHome.length)}` : path;
    for (const path of snapshot.paths.map(inHome)) {
      if (await mayBackUp(path, home, roots)) paths.add(path);
    }
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

const findPatience = 20_000;
