/**
 * Telling how far a backup is, ten times a second and once more at the end.
 */
import type { BackupReport } from "./backup-report.js";
import type { BackupOptions } from "./backup-types.js";
import type { Ingest } from "./ingest.js";

const PROGRESS_MS = 100;

/** Begins to send progress events; the function it returns sends the last one. */
export function sendProgress(
  { onEvent }: Pick<BackupOptions, "onEvent">,
  report: BackupReport,
  reading: Pick<Ingest, "bytesRead" | "currentFiles">,
): () => void {
  if (onEvent === undefined) return () => undefined;
  const send = (): void =>
    onEvent({ type: "progress", ...report.progress(reading.bytesRead, reading.currentFiles) });
  const timer = setInterval(send, PROGRESS_MS);
  return () => {
    clearInterval(timer);
    send();
  };
}
