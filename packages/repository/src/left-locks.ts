/**
 * Locks of this process that nobody holds any more, because the store was away when they were to be removed, or did not say
 * whether it has them. For everybody else they look alive for half an hour; only this process knows better.
 */
import type { Lock } from "@tastic/format";
import { hostname } from "node:os";

/** The times that they state: no two locks of a process have the same. */
const left = new Set<string>();

export function leaveBehind(time: string): void {
  left.add(time);
}

/** Was the lock left behind by this process? */
export function isLeftBehind({ time, hostname: host, pid }: Lock): boolean {
  return pid === process.pid && host === hostname() && left.has(time);
}
