/**
 * Which locks nobody is behind any more (design.rst, "Locks").
 *
 * A lock is stale when it is older than half an hour, or when its process on this very host is gone. A stale lock
 * forbids what it always did until `unlock` removes it, with one exception: where its process on this host is gone
 * *and* it was not refreshed for twice the interval, nobody can be behind it, not even a container that has our host
 * name but processes of its own. Such a lock is abandoned, as is one that this process knows it has left behind.
 */
import { systemErrorCode } from "@tastic/errors";
import { parseTime } from "@tastic/format";
import type { Lock } from "@tastic/format";
import { hostname } from "node:os";
import { isLeftBehind } from "./left-locks.js";

export const STALE_AFTER_MS = 30 * 60_000;
export const REFRESH_EVERY_MS = 5 * 60_000;
const ABANDONED_AFTER_MS = 2 * REFRESH_EVERY_MS;

/** Is nobody behind this lock any more? */
export function isStale(lock: Lock, now = Date.now()): boolean {
  return now - timeOf(lock) > STALE_AFTER_MS || isOrphan(lock) || isLeftBehind(lock);
}

/** May the lock be removed without asking anyone? */
export function isAbandoned(lock: Lock, now = Date.now()): boolean {
  return (now - timeOf(lock) > ABANDONED_AFTER_MS && isOrphan(lock)) || isLeftBehind(lock);
}

/** When the lock was written, in milliseconds since the epoch. */
export function timeOf(lock: Lock): number {
  return Number(parseTime(lock.time) / 1_000_000n);
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
