/**
 * What stands between a store and the repository, from the store up: the watchdog, the limits, the number of requests at
 * once, and trying again. Limits stand above the watchdog, since who is held back is not stuck; and who waits for the next
 * attempt keeps no slot. The cache comes on top, once the repository's id is known (`cache.ts`).
 */
import {
  createConcurrencyStorage,
  createLimitStorage,
  createRetryStorage,
  createWatchdogStorage,
} from "@tastic/storage";
import type { RetryNotice, Storage } from "@tastic/storage";
import { formatClockDuration } from "@tastic/snapshots";
import type { Context } from "../command.js";

const KIB = 1024;

export function withLayers(
  store: Storage,
  { globals, output }: Pick<Context, "globals" | "output">,
  remote: boolean,
): Storage {
  let storage = store;
  if (remote && globals.stuckRequestTimeout > 0) {
    storage = createWatchdogStorage(storage, { timeout: globals.stuckRequestTimeout });
  }
  const upload = rateOf(globals.limitUpload);
  const download = rateOf(globals.limitDownload);
  if (upload !== undefined || download !== undefined) {
    storage = createLimitStorage(storage, { upload, download });
  }
  if (remote) storage = createConcurrencyStorage(storage);
  return createRetryStorage(storage, { onNotice: (notice) => output.error(retryText(notice)) });
}

/** Bytes a second, of KiB a second. */
function rateOf(limit: number): number | undefined {
  return limit > 0 ? limit * KIB : undefined;
}

/** In restic's words. */
export function retryText(notice: RetryNotice): string {
  switch (notice.kind) {
    case "waiting": {
      const delay = formatClockDuration(Math.round(notice.delayMs));
      return `${notice.call} returned error, retrying after ${delay}: ${notice.error.message}`;
    }
    case "recovered":
      return `${notice.call} operation successful after ${notice.retries} retries`;
    default:
      return `${notice.call} failed: ${notice.error.message}`;
  }
}
