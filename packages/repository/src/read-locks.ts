/**
 * Reading and removing locks (design.rst, "Locks").
 */
import { isTasticError } from "@tastic/errors";
import { decodeLock, parseTime } from "@tastic/format";
import type { Lock, LockId } from "@tastic/format";
import { pause } from "./cancellation.js";
import { isStale } from "./stale-locks.js";

/** An unreadable lock may still be in the middle of being written: when it is looked at again. */
const UNREADABLE_WAITS_MS = [5_000, 10_000, 20_000];
/** No lock is longer; what is, is not read at all. */
const MAX_LOCK_FILE = 1 << 20;

/** Where locks are kept: the repository, seen from here. */
export interface LockStore {
  /** All locks with their sizes in bytes. */
  listLocks(signal?: AbortSignal): Promise<{ id: LockId; size: number }[]>;
  /** The JSON of a lock. Errors: `not-found`, those of a damaged file. */
  loadLock(id: LockId, signal?: AbortSignal): Promise<Uint8Array>;
  /** Stores the JSON of a lock. */
  saveLock(json: Uint8Array, signal?: AbortSignal): Promise<LockId>;
  /** Does nothing if the lock is gone. */
  removeLock(id: LockId, signal?: AbortSignal): Promise<void>;
}

/** A lock that is in the store; `lock` is undefined if it cannot be read. */
export interface StoredLock {
  readonly id: LockId;
  readonly lock: Lock | undefined;
}

/**
 * Reads all locks but our own. Locks that vanish meanwhile, and empty files that a crashed writer left, do not
 * count; unreadable ones are read again for up to 35 seconds in all, then given back as undefined.
 * Errors: `cancelled`, `storage-failed`.
 */
export async function readLocks(store: LockStore, own?: LockId, signal?: AbortSignal): Promise<StoredLock[]> {
  return readPatiently(store, own, UNREADABLE_WAITS_MS, signal);
}

async function readPatiently(
  store: LockStore,
  own: LockId | undefined,
  waits: readonly number[],
  signal?: AbortSignal,
): Promise<StoredLock[]> {
  const locks: StoredLock[] = [];
  let unread = (await store.listLocks(signal)).filter(({ id, size }) => id !== own && size > 0);
  for (let attempt = 0; ; attempt++) {
    const unreadable: typeof unread = [];
    for (const file of unread) {
      const lock = file.size > MAX_LOCK_FILE ? "unreadable" : await readLock(store, file.id, signal);
      if (lock === "unreadable") unreadable.push(file);
      else if (lock !== "gone") locks.push({ id: file.id, lock });
    }
    const wait = waits[attempt];
    if (unreadable.length === 0 || wait === undefined) {
      return [...locks, ...unreadable.map(({ id }) => ({ id, lock: undefined }))];
    }
    await pause(wait, signal);
    unread = unreadable;
  }
}

async function readLock(
  store: LockStore,
  id: LockId,
  signal: AbortSignal | undefined,
): Promise<Lock | "gone" | "unreadable"> {
  try {
    const lock = decodeLock(await store.loadLock(id, signal), `lock ${id}`);
    // A day that no calendar has shows only here.
    parseTime(lock.time);
    return lock;
  } catch (error) {
    if (isTasticError(error, "not-found")) return "gone";
    // A store that fails says nothing of the lock.
    if (!isTasticError(error) || error.code === "storage-failed" || error.code === "cancelled") throw error;
    return "unreadable";
  }
}

/** Removes stale locks, or all, also those that cannot be read. Returns how many. */
export async function removeLocks(store: LockStore, all: boolean): Promise<number> {
  const doomed = all
    ? await store.listLocks()
    : (await readPatiently(store, undefined, [])).filter(({ lock }) => lock !== undefined && isStale(lock));
  for (const { id } of doomed) await store.removeLock(id);
  return doomed.length;
}
