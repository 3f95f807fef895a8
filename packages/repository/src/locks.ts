/**
 * Taking locks, which are written as restic writes them so that both tools respect each other (design.rst, "Locks").
 *
 * A lock is written, then the others are read again after a moment: of two processes that begin at once, at least
 * one sees the other.
 */
import { TasticError, isTasticError } from "@tastic/errors";
import type { Lock, LockId } from "@tastic/format";
import { pause } from "./cancellation.js";
import { holdLock, saveOwnLock } from "./held-lock.js";
import type { HeldLock } from "./held-lock.js";
import { leaveBehind } from "./left-locks.js";
import { readLocks } from "./read-locks.js";
import type { LockStore } from "./read-locks.js";
import { isAbandoned, timeOf } from "./stale-locks.js";

const RECHECK_AFTER_MS = 200;
const RETRY_FIRST_MS = 5_000;
const RETRY_MOST_MS = 60_000;

/** How to take a lock. */
export interface LockOptions {
  /** Exclusive: nobody else may hold any lock. Otherwise nobody may hold an exclusive one. */
  readonly exclusive: boolean;
  /** How long to keep trying when the repository is locked, in milliseconds. */
  readonly retryForMs?: number;
  /** Ends the wait for the lock. A lock that is held is not given up by it. */
  readonly signal?: AbortSignal;
  /** Called once when the repository is locked and we start to wait. */
  onWait?(retryForMs: number): void;
  /**
   * Called when the lock is stored, and nothing is left but to wait whether another shows up: the time for work that
   * does no harm should the lock be refused after all. Called for each try.
   */
  readonly onStored?: () => void;
}

/** Takes a lock. Errors: `locked`, with restic's text; `cancelled`; the store's. */
export async function acquireLock(store: LockStore, options: LockOptions): Promise<HeldLock> {
  const { retryForMs = 0, signal } = options;
  const deadline = Date.now() + retryForMs;
  for (let wait = RETRY_FIRST_MS, first = true; ; wait = Math.min(wait * 2, RETRY_MOST_MS), first = false) {
    try {
      return await tryLock(store, options);
    } catch (error) {
      const left = deadline - Date.now();
      if (!isTasticError(error, "locked") || left <= 0) throw error;
      if (first) options.onWait?.(retryForMs);
      await pause(Math.min(wait, left), signal);
    }
  }
}

async function tryLock(store: LockStore, { exclusive, signal, onStored }: LockOptions): Promise<HeldLock> {
  await refuseConflicts(store, exclusive, undefined, signal);
  const now = Date.now();
  const own = await saveOwnLock(store, exclusive, now, signal);
  try {
    onStored?.();
    await pause(RECHECK_AFTER_MS, signal);
    await refuseConflicts(store, exclusive, own.id, signal);
  } catch (error) {
    // Why we have no lock matters more than that a useless one stays behind, which goes stale.
    if (!(await removeIfPossible(store, own.id))) leaveBehind(own.time);
    throw error;
  }
  return holdLock(store, exclusive, own, now);
}

/** Throws `locked` if another lock forbids ours. */
async function refuseConflicts(
  store: LockStore,
  exclusive: boolean,
  own: LockId | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { id, lock } of await readLocks(store, own, signal)) {
    if (lock === undefined) {
      throw new TasticError("locked", `unable to create lock in backend: lock ${id} cannot be read`, {
        guidance: "Use `unlock --remove-all` if you are sure that no other process uses the repository.",
        data: { lock: id },
      });
    }
    // Where nothing may be removed, such as in an append-only store, an abandoned lock is like any other.
    if (isAbandoned(lock) && (await removeIfPossible(store, id))) continue;
    if (exclusive || lock.exclusive) throw lockedBy(id, lock);
  }
}

async function removeIfPossible(store: LockStore, id: LockId): Promise<boolean> {
  try {
    await store.removeLock(id);
    return true;
  } catch (error) {
    if (!isTasticError(error)) throw error;
    return false;
  }
}

/** The error with restic's text, which programs around restic read. */
function lockedBy(id: LockId, lock: Lock): TasticError {
  const kind = lock.exclusive ? "exclusively " : "";
  const owner = `PID ${lock.pid} on ${lock.hostname} by ${lock.username} (UID ${lock.uid ?? 0}, GID ${lock.gid ?? 0})`;
  const created = timeOf(lock);
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
