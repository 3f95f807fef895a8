/** What `backup` says to people. */
import { shortId } from "@tastic/format";
import { formatBytes, formatDuration, formatPercent } from "@tastic/snapshots";
import type { BackupEvent, BackupProgress, BackupResult } from "@tastic/snapshots";
import type { BackupReportOptions, BackupVoice } from "./backup-report.js";
import { quoteUnprintable } from "./file-name.js";
import type { Output } from "./output.js";

type ItemEvent = Extract<BackupEvent, { type: "item" }>;

export class BackupText implements BackupVoice {
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
        this.#begin(event);
        break;
      case "scan-finished": {
        const { files, bytes, seconds } = event;
        output.verbose(`scan finished in ${seconds.toFixed(3)}s: ${files} files, ${formatBytes(bytes)}`);
        break;
      }
      case "item":
        output.detail(itemText(event));
        break;
      case "error":
        output.error(`${event.during === "scan" ? "scan: " : "error: "}${event.message}`);
        break;
      case "warning":
        output.error(event.message);
    }
  }

  status(progress: BackupProgress, seconds: number, secondsLeft: number | undefined): string[] {
    return [statusText(progress, seconds, secondsLeft), ...progress.currentFiles.map(quoteUnprintable)];
  }

  summary({ snapshotId, summary, totalSeconds }: BackupResult): void {
    const output = this.#output;
    const { dryRun } = this.#options;
    const counts = (...numbers: number[]): string[] => numbers.map((number) => String(number).padStart(5));
    const [filesNew, filesChanged, filesSame] = counts(
      summary.filesNew,
      summary.filesChanged,
      summary.filesUnmodified,
    );
    const [dirsNew, dirsChanged, dirsSame] = counts(
      summary.dirsNew,
      summary.dirsChanged,
      summary.dirsUnmodified,
    );
    const [dataBlobs, treeBlobs] = counts(summary.dataBlobs, summary.treeBlobs);
    output.info("");
    output.info(`Files:       ${filesNew} new, ${filesChanged} changed, ${filesSame} unmodified`);
    output.info(`Dirs:        ${dirsNew} new, ${dirsChanged} changed, ${dirsSame} unmodified`);
    output.verbose(`Data Blobs:  ${dataBlobs} new`);
    output.verbose(`Tree Blobs:  ${treeBlobs} new`);
    const added = formatBytes(summary.dataAdded).padEnd(5);
    const stored = formatBytes(summary.dataAddedPacked).padEnd(5);
    output.info(`${dryRun ? "Would add" : "Added"} to the repository: ${added} (${stored} stored)`);
    output.info("");
    const { totalFilesProcessed: files, totalBytesProcessed: bytes } = summary;
    output.info(`processed ${files} files, ${formatBytes(bytes)} in ${formatDuration(totalSeconds)}`);
    if (dryRun) return;
    output.info(
      snapshotId === undefined ? "skipped creating snapshot" : `snapshot ${shortId(snapshotId)} saved`,
    );
  }

  /** Everything before the first file. */
  #begin({ id }: Extract<BackupEvent, { type: "parent" }>): void {
    const output = this.#output;
    const { targets, noScan, fromStream, parentless } = this.#options;
    output.verbose("open repository");
    if (id !== undefined) output.info(`using parent snapshot ${shortId(id)}`);
    else if (!parentless) output.info("no parent snapshot found, will read all files");
    output.verbose("load index files");
    if (fromStream) output.verbose("read data from stdin");
    if (!noScan) output.verbose(`start scan on [${targets.join(" ")}]`);
    output.verbose(`start backup on [${targets.join(" ")}]`);
  }
}

export function itemText(item: ItemEvent): string {
  const path = quoteUnprintable(item.path);
  if (item.action === "unchanged") return `unchanged ${path}`;
  const sizes = [`${formatBytes(item.dataSize)} added`, `${formatBytes(item.dataSizeStored)} stored`];
  if (item.kind === "dir") sizes.push(`${formatBytes(item.treeSizeStored)} metadata`);
  const action = item.action === "new" ? "new" : "modified";
  return `${action.padEnd(9)} ${path}, saved in ${item.seconds.toFixed(3)}s (${sizes.join(", ")})`;
}

export function statusText(
  progress: BackupProgress,
  seconds: number,
  secondsLeft: number | undefined,
): string {
  const { totalFiles = 0, totalBytes = 0, scanFinished, filesDone, bytesDone, errorCount } = progress;
  const time = `[${formatDuration(seconds)}]`;
  if (totalFiles === 0 && totalBytes === 0) {
    return `${time} ${filesDone} files, ${formatBytes(bytesDone)}, ${errorCount} errors`;
  }
  const share = scanFinished ? `${formatPercent(bytesDone, totalBytes)}  ` : "";
  const left = secondsLeft === undefined ? "" : ` ETA ${formatDuration(secondsLeft)}`;
  return (
    `${time} ${share}${filesDone} files ${formatBytes(bytesDone)}, ` +
    `total ${totalFiles} files ${formatBytes(totalBytes)}, ${errorCount} errors${left}`
  );
}
