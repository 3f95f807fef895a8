/**
 * Reading restored files again and comparing them with the snapshot.
 */
import { setImmediate } from "node:timers/promises";
import { throwIfCancelled } from "../cancellation.js";
import { findDifference } from "./existing-file.js";
import type { RestoreContext } from "./restore-context.js";

const FILES_PER_TURN = 64;

/** Compares all files whose content was written. What differs is an error event. Errors: `cancelled`. */
export async function verifyFiles(
  context: RestoreContext,
  hasFailed: (file: number) => boolean,
): Promise<void> {
  const { repository, plan, folders, report, options } = context;
  let verified = 0;
  for (let file = 0; file < plan.fileCount; file++) {
    if (file % FILES_PER_TURN === 0) await setImmediate();
    throwIfCancelled(options.signal, "verifying");
    if (hasFailed(file)) continue;
    const path = folders.locate(plan.filePath(file));
    const [first, end] = plan.fileBlobs(file);
    const entries = Array.from({ length: end - first }, (_, i) => plan.blobEntry(first + i));
    const difference = findDifference(repository, path, entries);
    if (difference === undefined) verified++;
    else report.error(path, difference);
  }
  report.verified(verified);
}
