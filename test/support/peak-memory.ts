/** How much memory a running program had at most, as Linux counts it. */
import { readFileSync } from "node:fs";
import { succeed } from "./programs.js";
import type { Running } from "./programs.js";

const MIB = 2 ** 20;

/** The most memory that a process had so far, in bytes; 0 once it is gone. */
function peakOf(pid: number): number {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Lets a command run to its end; returns the most memory it had, in MiB. */
export async function peakWhile(running: Running, feed?: () => Promise<void>): Promise<number> {
  let peak = 0;
  const pid = running.child.pid ?? 0;
  const watch = setInterval(() => (peak = Math.max(peak, peakOf(pid))), 20);
  try {
    await feed?.();
    succeed(await running.finished);
  } finally {
    clearInterval(watch);
  }
  return peak / MIB;
}
