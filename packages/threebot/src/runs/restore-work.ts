/** Restoring snapshots from whichever copy gives them: what one copy cannot give is asked of the next. */
import { join } from "node:path";
import { isTasticError, TasticError } from "@tastic/errors";
import { restore, type OverwriteMode, type RestoreEvent, type StoredSnapshot } from "tastic";
import type { MergedSnapshot } from "../copies/merged-snapshots.js";
import type { OpenedCopy } from "../copies/opened-copy.js";
import { asError } from "../owner/problem.js";
import type { RestorePreview, RestoreRequest } from "../owner/service.js";
import { filterFor, type Leg } from "./restore-places.js";
import { RestoreTally } from "./restore-tally.js";
import type { RunTask } from "./runs.js";

export const overwriteModes: Readonly<Record<RestoreRequest["existing"], OverwriteMode>> = {
  replace: "always",
  "replace-older": "if-newer",
  "replace-changed": "if-changed",
  keep: "never",
};

/** A snapshot and where its parts go. */
export interface Restoring {
  readonly merged: MergedSnapshot;
  readonly legs: readonly Leg[];
}

export interface RestoreSetting {
  readonly copies: readonly OpenedCopy[];
  readonly hidden: readonly string[];
  readonly overwrite: OverwriteMode;
}

const patience = 5 * 60_000;

/** @returns how many things could not be restored from any copy */
export async function restoreAll(
  restorings: readonly Restoring[],
  setting: RestoreSetting,
  task: RunTask,
): Promise<number> {
  let failed = 0;
  for (const { merged, legs } of restorings) {
    for (const leg of legs) failed += await restoreLeg(merged, leg, setting, task);
  }
  return failed;
}

async function restoreLeg(
  merged: MergedSnapshot,
  leg: Leg,
  { copies, hidden, overwrite }: RestoreSetting,
  task: RunTask,
): Promise<number> {
  let left: Leg = leg;
  let mode = overwrite;
  let failure: unknown;
  let failed: string[] | undefined;
  const tally = new RestoreTally();
  try {
    for (const copy of copies) {
      const snapshot = merged.inCopies.get(copy.access.id)?.at(-1);
      if (snapshot === undefined) continue;
      try {
        failed = await restoreFrom(copy, snapshot, left, { hidden, overwrite: mode, tally }, task);
      } catch (error) {
        if (task.signal.aborted || !isTasticError(error)) throw error;
        task.log(`${copy.access.id}: ${error.message}`);
        failure = error;
        continue;
      }
      if (failed.length === 0) return 0;
      // What the first copy was to write, and could not: that is not kept, whatever is there now.
      left = { ...leg, wanted: failed };
      mode = "always";
    }
    if (failed === undefined)
      throw asError(failure ?? new TasticError("not-found", "no copy has this snapshot"));
    return failed.length;
  } finally {
    // Also when it was cancelled: what is back by then is back.
    task.restored(tally.report(failed ?? []));
  }
}

interface Attempt {
  readonly hidden: readonly string[];
  readonly overwrite: OverwriteMode;
  readonly tally: RestoreTally;
}

/** Returns the paths that could not be restored, as the leg counts them. */
async function restoreFrom(
  copy: OpenedCopy,
  snapshot: StoredSnapshot,
  leg: Leg,
  { hidden, overwrite, tally }: Attempt,
  task: RunTask,
): Promise<string[]> {
  const { repository, access } = copy;
  task.step(`restore ${access.id}`);
  const lock = await repository.lock({ exclusive: false, retryForMs: patience, signal: task.signal });
  const signal = AbortSignal.any([task.signal, lock.signal]);
  const failed = new Set<string>();
  const started = performance.now();
  try {
    await loadIndexOnce(copy, signal);
    const source = { treeId: snapshot.tree, ...(leg.subfolder !== "" && { subfolder: leg.subfolder }) };
    const result = await restore(repository, source, {
      target: leg.target,
      filter: filterFor(leg, hidden),
      overwrite,
      verify: true,
      workers: 0,
      signal,
      onEvent(event) {
        if (event.type === "error") {
          failed.add(event.path);
          task.log(`not restored: ${event.path}: ${event.message}`);
        } else if (event.type === "item" && event.kind === "file") {
          const { action, path, size } = event;
          const done = { restored: "created", updated: "replaced", unchanged: "left" } as const;
          // Nothing is deleted here.
          if (action !== "deleted") tally.file(path, done[action], size);
        } else if (event.type === "warning") task.log(event.message);
        else if (event.type === "progress") tellProgress(task, event, started);
      },
    });
    task.log(
      `${access.id}: ${result.filesRestored} restored, ${result.filesSkipped} left as they were, ${result.bytesRestored} bytes`,
    );
    if (result.errorCount > 0 && failed.size === 0) failed.add("/");
    return [...failed];
  } finally {
    await lock.release();
  }
}

function tellProgress(
  task: RunTask,
  event: Extract<RestoreEvent, { type: "progress" }>,
  started: number,
): void {
  const { filesRestored, filesSkipped, totalFiles, bytesRestored, totalBytes } = event;
  const seconds = (performance.now() - started) / 1000;
  task.progress({
    files: filesRestored + filesSkipped,
    bytes: bytesRestored,
    totalFiles,
    totalBytes,
    remaining: bytesRestored === 0 ? undefined : (seconds * (totalBytes - bytesRestored)) / bytesRestored,
  });
}

const loaded = new WeakSet<OpenedCopy["repository"]>();

/** Loads a copy's index unless that was done. */
export async function loadIndexOnce({ repository }: OpenedCopy, signal?: AbortSignal): Promise<void> {
  if (loaded.has(repository)) return;
  await repository.loadIndex(signal === undefined ? {} : { signal });
  loaded.add(repository);
}

/** The first so many that would be replaced are named, by where they are on this machine. */
const named = 100;

/** What a restore would do; nothing is changed. */
export async function previewRestore(
  restorings: readonly Restoring[],
  { copies, hidden, overwrite }: RestoreSetting,
): Promise<RestorePreview> {
  const counts = { create: 0, replace: 0, unchanged: 0, kept: 0, bytes: 0 };
  const replaced: string[] = [];
  for (const { merged, legs } of restorings) {
    const copy = copies.find(({ access }) => merged.inCopies.has(access.id));
    const snapshot = copy && merged.inCopies.get(copy.access.id)?.at(-1);
    if (copy === undefined || snapshot === undefined)
      throw new TasticError("not-found", "no copy has this snapshot");
    await loadIndexOnce(copy);
    for (const leg of legs) {
      const source = { treeId: snapshot.tree, ...(leg.subfolder !== "" && { subfolder: leg.subfolder }) };
      const look = async (
        mode: OverwriteMode,
        onItem: (action: string, path: string, size: number) => void,
      ) => {
        await restore(copy.repository, source, {
          target: leg.target,
          filter: filterFor(leg, hidden),
          overwrite: mode,
          dryRun: true,
          workers: 0,
          onEvent(event) {
            if (event.type === "item" && event.kind === "file") onItem(event.action, event.path, event.size);
          },
        });
      };
      const untouched = new Set<string>();
      await look(overwrite, (action, path, size) => {
        if (action === "unchanged") {
          untouched.add(path);
          return;
        }
        if (action === "restored") counts.create++;
        else {
          counts.replace++;
          if (replaced.length < named) replaced.push(join(leg.target, path));
        }
        counts.bytes += size;
      });
      if (overwrite === "always" || overwrite === "if-changed") counts.unchanged += untouched.size;
      else {
        // Left alone is the same, or kept although it differs: only a comparison tells.
        await look("always", (action, path) => {
          if (!untouched.has(path)) return;
          if (action === "unchanged") counts.unchanged++;
          else counts.kept++;
        });
      }
    }
  }
  return { ...counts, replaced };
}
