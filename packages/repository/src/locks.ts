/**
 * Locks: who works on the repository, written as restic writes them, so that both tools respect each other
 * (design.rst, "Locks").
 *
 * A lock is written, then the others are read again after a moment: of two processes that begin at once, at least
 * one sees the other. Every five minutes a fresh lock replaces the old one. A lock is stale when it is older than
 * half an hour, or when its process on this very host is gone. When ours could not be refreshed for 22.5 minutes,
 * others may soon think it stale, and the work is stopped.
 *
 * A stale lock forbids what it always did until `unlock` removes it, with one exception: where its process on this
 * host is gone *and* it was not refreshed for twice the interval, nobody can be behind it, not even a container
 * that has our host name but processes of its own; it is removed on the way.
 */
import { TasticError, isTasticError, systemErrorCode } from "@tastic/errors";
import { decodeLock, encodeLock, formatTime, parseTime } from "@tastic/format";
import type { Lock, LockId } from "@tastic/format";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { currentUser } from "./keys.js";

export const STALE_AFTER_MS = 30 * 60_000;
const REFRESH_EVERY_MS = 5 * 60_000;
const ABANDONED_AFTER_MS = 2 * REFRESH_EVERY_MS;
const REFRESHABLE_FOR_MS = STALE_AFTER_MS - 7.5 * 60_000;
const RECHECK_AFTER_MS = 200;
const UNREADABLE_WAITS_MS = [5_000, 10_000, 20_000];
const RETRY_FIRST_MS = 5_000;
const RETRY_MOST_MS = 60_000;

/** Where locks are kept: the repository, seen from here. */
export interface LockStore {
  listLocks(): Promise<{ id: LockId; size: number }[]>;
  loadLock(id: LockId): Promise<Uint8Array>;
  saveLock(json: Uint8Array): Promise<LockId>;
  removeLock(id: LockId): Promise<void>;
}

export interface LockOptions {
  /** Exclusive: nobody else may hold any lock. Otherwise nobody may hold an exclusive one. */
  readonly exclusive: boolean;
  /** How long to keep trying when the repository is locked, in milliseconds. */
  readonly retryForMs?: number;
  readonly signal?: AbortSignal;
  /** Called once when the repository is locked and we start to wait. */
  onWait?(retryForMs: number): void;
}

/** A lock that we hold. */
export interface HeldLock {
  readonly id: LockId;
  /** Aborted, with the reason, when the lock could not be kept. */
  readonly signal: AbortSignal;
  /** Removes the lock. Never throws: a lock that stays behind goes stale. */
  release(): Promise<void>;
}

/** Takes a lock. Errors: `locked`, with restic's text; the store's. */
export async function acquireLock(store: LockStore, options: LockOptions): Promise<HeldLock> {
  const deadline = Date.now() + (options.retryForMs ?? 0);
  for (let wait = RETRY_FIRST_MS, first = true; ; wait = Math.min(wait * 2, RETRY_MOST_MS), first = false) {
    try {
      return await tryLock(store, options);
    } catch (error) {
      const left = deadline - Date.now();
      if (!isTasticError(error, "locked") || left <= 0) throw error;
      if (first) options.onWait?.(options.retryForMs ?? 0);
      await sleep(
        Math.min(wait, left),
        undefined,
        options.signal === undefined ? {} : { signal: options.signal },
      );
    }
  }
}

async function tryLock(store: LockStore, { exclusive }: LockOptions): Promise<HeldLock> {
  await refuseConflicts(store, exclusive);
  const id = await store.saveLock(encodeLock(ownLock(exclusive)));
  try {
    await sleep(RECHECK_AFTER_MS);
    await refuseConflicts(store, exclusive, id);
  } catch (error) {
    await store.removeLock(id);
    throw error;
  }
  return holdLock(store, exclusive, id);
}

function ownLock(exclusive: boolean): Lock {
  return {
    time: formatTime(BigInt(Date.now()) * 1_000_000n),
    exclusive,
    hostname: hostname(),
    pid: process.pid,
    ...currentUser(),
  };
}

/** Keeps a lock fresh until it is released or lost. */
function holdLock(store: LockStore, exclusive: boolean, first: LockId): HeldLock {
  const lost = new AbortController();
  let id = first;
  let refreshedAt = Date.now();
  let refreshing: Promise<void> = Promise.resolve();
  let lastFailure: unknown;

  const refresh = async (): Promise<void> => {
    try {
      const fresh = await store.saveLock(encodeLock(ownLock(exclusive)));
      const old = id;
      id = fresh;
      refreshedAt = Date.now();
      await store.removeLock(old);
    } catch (error) {
      // The store may be away for a while; what counts is how long, which the watch below measures.
      lastFailure = error;
    }
  };
  const refresher = setInterval(() => {
    refreshing = refreshing.then(refresh);
  }, REFRESH_EVERY_MS);
  const watch = setInterval(() => {
    if (Date.now() - refreshedAt < REFRESHABLE_FOR_MS) return;
    lost.abort(
      new TasticError("lock-lost", "failed to refresh lock in time", {
        guidance: "The store was away, or this machine asleep, for too long. Run the command again.",
        cause: lastFailure,
      }),
    );
  }, 1000);
  refresher.unref();
  watch.unref();

  return {
    get id() {
      return id;
    },
    signal: lost.signal,
    async release() {
      clearInterval(refresher);
      clearInterval(watch);
      await refreshing;
      try {
        await store.removeLock(id);
      } catch (error) {
        if (!isTasticError(error)) throw error;
      }
    },
  };
}

/** Throws `locked` if another lock forbids ours. */
async function refuseConflicts(store: LockStore, exclusive: boolean, own?: LockId): Promise<void> {
  for (const { id, lock } of await readLocks(store, own)) {
    if (lock === undefined) {
      throw new TasticError("locked", `unable to create lock in backend: lock ${id} cannot be read`, {
        guidance: "Use `unlock --remove-all` if you are sure that no other process uses the repository.",
        data: { lock: id },
      });
    }
    if (isAbandoned(lock)) await store.removeLock(id);
    else if (exclusive || lock.exclusive) throw lockedBy(id, lock);
  }
}

function lockedBy(id: LockId, lock: Lock): TasticError {
  const kind = lock.exclusive ? "exclusively " : "";
  const owner = `PID ${lock.pid} on ${lock.hostname ?? ""} by ${lock.username ?? ""} (UID ${lock.uid ?? 0}, GID ${lock.gid ?? 0})`;
  const created = Number(parseTime(lock.time) / 1_000_000n);
  return new TasticError(
    "locked",
    `unable to create lock in backend: repository is already locked ${kind}by ${owner}\n` +
      `lock was created at ${formatLocal(created)} (${formatAge(Date.now() - created)} ago)\nstorage ID ${id.slice(0, 8)}`,
    {
      guidance: "the `unlock` command can be used to remove stale locks",
      data: { lock: id, pid: lock.pid, hostname: lock.hostname, exclusive: lock.exclusive },
    },
  );
}

/**
 * Reads all locks but our own. Locks that vanish meanwhile, and empty files that a crashed writer left, do not
 * count; an unreadable one may still be in the middle of being written and is read again, then given back as undefined.
 */
export async function readLocks(
  store: LockStore,
  own?: LockId,
): Promise<{ id: LockId; lock: Lock | undefined }[]> {
  const locks: { id: LockId; lock: Lock | undefined }[] = [];
  for (const { id, size } of await store.listLocks()) {
    if (id === own || size === 0) continue;
    const lock = await readLock(store, id);
    if (lock !== "gone") locks.push({ id, lock });
  }
  return locks;
}

async function readLock(store: LockStore, id: LockId): Promise<Lock | undefined | "gone"> {
  for (const wait of [...UNREADABLE_WAITS_MS, undefined]) {
    try {
      return decodeLock(await store.loadLock(id), `lock ${id}`);
    } catch (error) {
      if (isTasticError(error, "not-found")) return "gone";
      if (!isTasticError(error)) throw error;
      if (wait === undefined) return undefined;
      await sleep(wait);
    }
  }
  return undefined;
}

/** Removes stale locks, or all. Returns how many. */
export async function removeLocks(store: LockStore, all: boolean): Promise<number> {
  let removed = 0;
  for (const { id, lock } of await readLocks(store)) {
    if (!all && (lock === undefined || !isStale(lock))) continue;
    await store.removeLock(id);
    removed++;
  }
  return removed;
}

/** Is nobody behind this lock any more? */
export function isStale(lock: Lock, now = Date.now()): boolean {
  return ageOf(lock, now) > STALE_AFTER_MS || isOrphan(lock);
}

/** May the lock be removed without asking anyone? */
function isAbandoned(lock: Lock): boolean {
  return ageOf(lock, Date.now()) > ABANDONED_AFTER_MS && isOrphan(lock);
}

function ageOf(lock: Lock, now: number): number {
  return now - Number(parseTime(lock.time) / 1_000_000n);
}

/** Was the lock's process on this host, and is gone? */
function isOrphan(lock: Lock): boolean {
  return lock.hostname === hostname() && !isAlive(lock.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process is there but belongs to somebody else.
    return systemErrorCode(error) === "EPERM";
  }
}

function formatLocal(time: number): string {
  const date = new Date(time);
  const two = (n: number): string => String(n).padStart(2, "0");
  return (
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  );
}

/** As Go prints a duration: 1h2m3.4s. */
function formatAge(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  const h = Math.floor(seconds / 3600);
  const m = Math.floor(seconds / 60) % 60;
  const s = Number((seconds % 60).toFixed(3));
  return h > 0 ? `${h}h${m}m${s}s` : m > 0 ? `${m}m${s}s` : `${s}s`;
}
