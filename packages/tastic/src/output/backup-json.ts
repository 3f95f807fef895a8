/** What `backup --json` says to programs. */
import type { BackupEvent, BackupProgress, BackupResult } from "@tastic/snapshots";
import type { BackupReportOptions, BackupVoice } from "./backup-report.js";
import { goJson } from "./go-json.js";
import type { Output } from "./output.js";

export class BackupJson implements BackupVoice {
  readonly #output: Output;
  readonly #options: BackupReportOptions;

  constructor(output: Output, options: BackupReportOptions) {
    this.#output = output;
    this.#options = options;
  }

  get namesItems(): boolean {
    return this.#output.verbosity >= 3;
  }

  event(event: Exclude<BackupEvent, { type: "progress" }>): void {
    const output = this.#output;
    switch (event.type) {
      case "parent":
        break;
      case "scan-finished":
        if (this.namesItems) {
          const { seconds, bytes, files } = event;
          output.value(verboseStatus("scan_finished", "", { seconds, dataSize: bytes, totalFiles: files }));
        }
        break;
      case "item":
        this.#item(event);
        break;
      case "error": {
        const { during, path, message } = event;
        output.errorValue({ message_type: "error", error: { message }, during, item: path });
        break;
      }
      case "warning":
        output.error(event.message);
    }
  }

  #item(event: Extract<BackupEvent, { type: "item" }>): void {
    // restic measures nothing of what did not change.
    const details = event.action === "unchanged" ? {} : event;
    const action = event.action === "changed" ? "modified" : event.action;
    this.#output.value(verboseStatus(action, event.path, details));
  }

  status(progress: BackupProgress, seconds: number, secondsLeft: number | undefined): string[] {
    return [statusJson(progress, seconds, secondsLeft)];
  }

  summary({ snapshotId, summary, totalSeconds }: BackupResult): void {
    this.#output.value({
      message_type: "summary",
      files_new: summary.filesNew,
      files_changed: summary.filesChanged,
      files_unmodified: summary.filesUnmodified,
      dirs_new: summary.dirsNew,
      dirs_changed: summary.dirsChanged,
      dirs_unmodified: summary.dirsUnmodified,
      data_blobs: summary.dataBlobs,
      tree_blobs: summary.treeBlobs,
      data_added: summary.dataAdded,
      data_added_packed: summary.dataAddedPacked,
      total_files_processed: summary.totalFilesProcessed,
      total_bytes_processed: summary.totalBytesProcessed,
      total_duration: totalSeconds,
      backup_start: summary.backupStart,
      backup_end: summary.backupEnd,
      snapshot_id: snapshotId,
      dry_run: this.#options.dryRun ? true : undefined,
    });
  }
}

interface VerboseDetails {
  readonly seconds?: number;
  readonly dataSize?: number;
  readonly dataSizeStored?: number;
  readonly treeSize?: number;
  readonly treeSizeStored?: number;
  readonly totalFiles?: number;
}

function verboseStatus(action: string, item: string, details: VerboseDetails): unknown {
  const {
    seconds = 0,
    dataSize = 0,
    dataSizeStored = 0,
    treeSize = 0,
    treeSizeStored = 0,
    totalFiles = 0,
  } = details;
  return {
    message_type: "verbose_status",
    action,
    item,
    duration: seconds,
    data_size: dataSize,
    data_size_in_repo: dataSizeStored,
    metadata_size: treeSize,
    metadata_size_in_repo: treeSizeStored,
    total_files: totalFiles,
  };
}

/** Zeros and what is not known are left out, all but the share that is done. */
export function statusJson(
  progress: BackupProgress,
  seconds: number,
  secondsLeft: number | undefined,
): string {
  const { totalFiles = 0, totalBytes = 0, filesDone, bytesDone, errorCount, currentFiles } = progress;
  const positive = (value: number | undefined): number | undefined => (value ? value : undefined);
  return goJson({
    message_type: "status",
    seconds_elapsed: positive(Math.floor(seconds)),
    seconds_remaining: positive(secondsLeft),
    percent_done: totalBytes === 0 ? 0 : Math.min(1, bytesDone / totalBytes),
    total_files: positive(totalFiles),
    files_done: positive(filesDone),
    total_bytes: positive(totalBytes),
    bytes_done: positive(bytesDone),
    error_count: positive(errorCount),
    current_files: currentFiles.length === 0 ? undefined : currentFiles,
  });
}
