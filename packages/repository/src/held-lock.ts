/**
 * A lock while it is held (design.rst, "Locks"): every five minutes a fresh one replaces it. When that could not be
 * done for 22.5 minutes, others may soon think it stale, and the work is stopped.
 *
 * restic asks whether a lock's process is alive by sending it SIGHUP. That must not end us, so the signal is ignored
 * while a lock is held.
 */
import { TasticError, isTasticError } from "@tastic/errors";
import { encodeLock, formatTime } from "@tastic/format";
import type { LockId } from "@tastic/format";
import { hostname } from "node:os";
import { currentUser } from "./keys.js";
import { leaveBehind } from "./left-locks.js";
import type { LockStore } from "./read-locks.js";
import { REFRESH_EVERY_MS, STALE_AFTER_MS } from "./stale-locks.js";

const REFRESHABLE_FOR_MS = STALE_AFTER_MS - 7.5 * 60_000;
const WATCH_EVERY_MS = 1000;

function ignoreHangUp(): void {
  // Merely listening is what keeps the signal from ending the process.
}

/** A lock that we hold. */
export interface HeldLock {
  readonly id: LockId;
  /** Aborted, with the reason, when the lock could not be kept. */
  readonly signal: AbortSignal;
  /** Removes the lock. Never fails for the store's sake: a lock that stays behind is stale, for this process at once. */
  release(): Promise<void>;
}

/** A lock of this process, as it was stored. */
export interface OwnLock {
  readonly id: LockId;
  /** As it states it, RFC 3339. */
  readonly time: string;
}

const NANOSECONDS_PER_MS = 1_000_000;
let count = 0;

/** Stores a lock of this process. */
export async function saveOwnLock(
  store: LockStore,
  exclusive: boolean,
  now: number,
  signal?: AbortSignal,
): Promise<OwnLock> {
  // No two locks of a process state the same time, so that it can tell them apart.
  const nanoseconds = BigInt(count++ % NANOSECONDS_PER_MS);
  const time = formatTime(BigInt(now) * BigInt(NANOSECONDS_PER_MS) + nanoseconds);
  const lock = { time, exclusive, hostname: hostname(), pid: process.pid, ...currentUser() };
  try {
    return { id: await store.saveLock(encodeLock(lock), signal), time };
  } catch (error) {
    // It may be there all the same.
    leaveBehind(time);
    throw error;
  }
}

/** Keeps a lock fresh until it is released or lost. `refreshedAt` is the time that the lock states. */
export function holdLock(
  store: LockStore,
  exclusive: boolean,
  first: OwnLock,
  refreshedAt: number,
): HeldLock {
  const lost = new AbortController();
  const ended = new AbortController();
  /** All that we wrote and have not removed: a removal may fail, and is tried again. */
  const stored = new Set([first]);
  let current = first;
  let refreshing: Promise<void> | undefined;
  let lastFailure: unknown;

  const removeStored = async (but: OwnLock | undefined, signal?: AbortSignal): Promise<void> => {
    for (const lock of stored) {
      if (lock === but) continue;
      await store.removeLock(lock.id, signal);
      stored.delete(lock);
    }
  };
  const refresh = async (): Promise<void> => {
    try {
      const now = Date.now();
      current = await saveOwnLock(store, exclusive, now, ended.signal);
      stored.add(current);
      refreshedAt = now;
      await removeStored(current, ended.signal);
    } catch (error) {
      // The store may be away for a while; what counts is how long, which the watch below measures.
      lastFailure = error;
    } finally {
      refreshing = undefined;
    }
  };
  const refresher = setInterval(() => {
    refreshing ??= refresh();
  }, REFRESH_EVERY_MS);
  const end = (): void => {
    clearInterval(refresher);
    clearInterval(watch);
    ended.abort();
  };
  // By the clock on the wall: a machine that sleeps does not refresh.
  const watch = setInterval(() => {
    if (Date.now() - refreshedAt < REFRESHABLE_FOR_MS) return;
    end();
    lost.abort(
      new TasticError("lock-lost", "failed to refresh lock in time", {
        guidance: "The store was away, or this machine asleep, for too long. Run the command again.",
        cause: lastFailure,
      }),
    );
  }, WATCH_EVERY_MS);
  refresher.unref();
  watch.unref();
  process.on("SIGHUP", ignoreHangUp);

  return {
    get id() {
      return current.id;
    },
    signal: lost.signal,
    async release() {
      end();
      await refreshing;
      try {
        await removeStored(undefined);
      } catch (error) {
        if (!isTasticError(error)) throw error;
        for (const { time } of stored) leaveBehind(time);
      } finally {
        process.off("SIGHUP", ignoreHangUp);
      }
    },
  };
}
