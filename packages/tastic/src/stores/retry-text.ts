/** What the command says of requests that are tried again, in restic's words. */
import { formatClockDuration } from "@tastic/snapshots";
import type { RetryNotice } from "@tastic/storage";

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
