/**
 * Counting what a backup has to read, ahead of the backup, for those who want to see how much is left.
 */
import { join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { BackupReport } from "./backup-report.js";
import type { ExcludeRules } from "./exclude-rules.js";
import { listFolder, statusOf, typeOf } from "./source-files.js";

const TURN_MS = 5;

export interface ScanTotals {
  readonly files: number;
  readonly dirs: number;
  readonly bytes: number;
}

/** Counts everything below the targets. What cannot be read is reported as seen by the scan. */
export async function scan(
  targets: readonly string[],
  excludes: ExcludeRules | undefined,
  report: BackupReport,
  signal: AbortSignal,
): Promise<ScanTotals> {
  const totals = { files: 0, dirs: 0, bytes: 0 };
  const stack = [...targets].reverse().map((target) => ({ path: resolve(target), name: "", isTarget: true }));
  let lastTurn = performance.now();
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    if (performance.now() - lastTurn > TURN_MS) {
      report.scanned(totals.files, totals.bytes, false);
      await nextTurn();
      lastTurn = performance.now();
      if (signal.aborted) break;
    }
    const { path, name, isTarget } = item;
    try {
      const stat = statusOf(path);
      const type = typeOf(stat);
      const size = Number(stat.size);
      if (!isTarget && excludes?.excludes({ path, name, type, size, deviceId: stat.dev }) === true) continue;
      if (type === "dir") {
        totals.dirs++;
        for (const child of listFolder(path).reverse())
          stack.push({ path: join(path, child), name: child, isTarget: false });
      } else if (type === "file") {
        totals.files++;
        totals.bytes += size;
      }
    } catch {
      // The backup itself meets the same fault, and reports it; counting goes on without.
    }
  }
  report.scanned(totals.files, totals.bytes, !signal.aborted);
  return totals;
}
