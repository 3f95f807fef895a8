/**
 * Counting what a backup has to read, ahead of the backup, for those who want to see how much is left.
 */
import { posix } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { BackupReport } from "./backup-report.js";
import type { ExcludeRules } from "../patterns/exclude-rules.js";
import { describeSystemError } from "./source-error.js";
import { listFolder, typeOf } from "./source-files.js";
import { examine, pathIn } from "./source-items.js";
import type { Candidate } from "./source-items.js";
import type { TargetTree } from "./target-tree.js";

const TURN_MS = 5;

export interface ScanTotals {
  readonly files: number;
  readonly dirs: number;
  readonly bytes: number;
}

/** Counts everything that is saved whole, until the signal is aborted. What cannot be read is reported as seen by the scan. */
export async function scan(
  targets: TargetTree,
  excludes: ExcludeRules | undefined,
  report: BackupReport,
  signal: AbortSignal,
): Promise<ScanTotals> {
  const totals = { files: 0, dirs: 0, bytes: 0 };
  // Inner folders are told by their names, so that one of a million entries takes no more than those.
  const stack = [candidates(targets)];
  let lastTurn = performance.now();
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (performance.now() - lastTurn > TURN_MS) {
      report.scanned(totals.files, totals.bytes, false);
      await nextTurn();
      lastTurn = performance.now();
      if (signal.aborted) return totals;
    }
    const step = top.next();
    if (step.done === true) {
      stack.pop();
      continue;
    }
    const item = step.value;
    try {
      const stat = examine(item, excludes);
      if (stat === undefined) continue;
      const type = typeOf(stat);
      if (type === "file") {
        totals.files++;
        totals.bytes += Number(stat.size);
      } else if (type === "dir") {
        totals.dirs++;
        stack.push(entries(item.path, listFolder(item.path), stat.dev));
      }
    } catch (error) {
      report.error("scan", item.path, describeSystemError(error, item.path));
    }
  }
  report.scanned(totals.files, totals.bytes, true);
  return totals;
}

/** Everything that is saved whole. */
function* candidates(tree: TargetTree): Generator<Candidate, void> {
  for (const [name, child] of tree.children) {
    const { path, isExplicit = false } = child;
    if (path === undefined) yield* candidates(child);
    else yield { name, path: posix.resolve(path), isExplicit };
  }
}

function* entries(
  folder: string,
  names: readonly string[],
  folderDevice: bigint,
): Generator<Candidate, void> {
  for (const name of names) yield { name, path: pathIn(folder, name), folderDevice };
}
