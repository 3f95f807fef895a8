/**
 * Changes of snapshots that the owner asks for, in every copy: those that cannot be reached now are changed at the next
 * run, and never bring back what was to go.
 */
import { isTasticError, TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import { removeSnapshots, tagSnapshots, type Repository, type SnapshotId, type StoredSnapshot } from "tastic";
import { keyOf, mergeSnapshots, type MergedSnapshot } from "../copies/merged-snapshots.js";
import { openCopy, type OpenedCopy } from "../copies/opened-copy.js";
import { findMerged } from "../copies/reading-room.js";
import type { OwnerState } from "./owner-state.js";
import { oneChange, pendingFor, withoutCopy, type TagsChange } from "./pending-changes.js";
import { asError } from "./problem.js";
import type { Place } from "./service.js";
import type { SetUpContext } from "./set-up.js";
import type { PendingChange, PlaceRecord } from "./state-schemas.js";

export interface SnapshotChange {
  readonly ids: readonly string[];
  readonly forget: boolean;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

const retryForMs = 5_000;
const lockPatience = 30_000;

/** @throws TasticError not-found, locked, storage-failed if no copy can be reached */
export async function changeSnapshots(
  { state, now }: SetUpContext,
  log: Log,
  place: Place,
  change: SnapshotChange,
): Promise<void> {
  for (const tag of [...change.add, ...change.remove]) checkTag(tag);
  const accesses = state.accesses(await state.needPlace(place));
  const opened: OpenedCopy[] = [];
  const away: string[] = [];
  let failure: unknown;
  try {
    for (const access of accesses) {
      try {
        opened.push(await openCopy(access, { retryForMs }));
      } catch (error) {
        if (!isTasticError(error)) throw error;
        log.warn(`${access.id}: ${error.message}`);
        failure ??= error;
        away.push(access.id);
      }
    }
    if (opened.length === 0) throw asError(failure);
    const all = mergeSnapshots(opened.map(({ access, snapshots }) => ({ id: access.id, snapshots })));
    const chosen = change.ids.map((id) => findMerged(all, id, now()));
    // First what is to be done later: if we end in between, the next run does it all.
    const { pending } = await remember(
      state,
      place,
      chosen,
      change,
      accesses.map(({ id }) => id),
    );
    const keys = new Set(chosen.map(({ key }) => key));
    for (const copy of opened) {
      const { id } = copy.access;
      if (change.forget) {
        await state.changeCopy(id, (old) => ({ pruneDue: true, known: without(old.known, chosen) }));
      }
      await changeIn(copy, chosen, pending);
      await state.changePlace(place, (old) => ({ pending: withoutCopy(old.pending, id, keys) }));
    }
    if (away.length > 0)
      log.info("copies that are away are changed at the next run", { copies: away.join(", ") });
  } finally {
    for (const copy of opened) await copy.close();
  }
}

function checkTag(tag: string): void {
  // restic separates tags by commas.
  if (tag !== "" && tag.length <= 100 && !tag.includes(",") && tag.trim() === tag) return;
  throw new TasticError("invalid-argument", `${JSON.stringify(tag.slice(0, 100))} cannot be a tag`, {
    guidance: "A tag has 1 to 100 characters, no comma, and no spaces at its ends.",
  });
}

function remember(
  state: OwnerState,
  place: Place,
  chosen: readonly MergedSnapshot[],
  { forget, add, remove }: SnapshotChange,
  copies: readonly string[],
): Promise<PlaceRecord> {
  const made = chosen.map(({ key }): PendingChange => ({
    key,
    copies: [...copies],
    forget,
    add: [...add],
    remove: [...remove],
  }));
  return state.changePlace(place, (old) => ({ pending: [...old.pending, ...made] }));
}

function without(known: readonly string[], chosen: readonly MergedSnapshot[]): string[] {
  const gone = new Set(chosen.flatMap(({ inCopies }) => [...inCopies.values()].flat().map(keyOf)));
  return known.filter((key) => !gone.has(key));
}

/** Does what was asked for now, and what could not be done in this copy before. */
async function changeIn(
  { repository, access }: OpenedCopy,
  chosen: readonly MergedSnapshot[],
  pending: readonly PendingChange[],
): Promise<void> {
  const lock = await repository.lock({ exclusive: true, retryForMs: lockPatience });
  try {
    const forget: SnapshotId[] = [];
    for (const { key, inCopies } of chosen) {
      const own = inCopies.get(access.id) ?? [];
      const todo = pendingFor(key, access.id, pending);
      const change = oneChange(todo.tags);
      if (todo.forget) forget.push(...own.map(({ id }) => id));
      else if (change !== undefined) await changeTagsOf(repository, own, change);
    }
    const failed = await removeSnapshots(repository.storage, forget);
    if (failed.length === 0) return;
    throw new TasticError(
      "storage-failed",
      `${failed.length} snapshots could not be removed from ${access.id}`,
      { guidance: "It is tried again at the next run." },
    );
  } finally {
    await lock.release();
  }
}

async function changeTagsOf(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  change: TagsChange,
): Promise<void> {
  await tagSnapshots(repository, snapshots, change, {
    onEvent(event) {
      if (event.type === "error") throw event.error;
    },
  });
}
