/**
 * What `stats` says: how far it is, and what it counted.
 */
import { formatBytes, formatDuration, formatPercent } from "@tastic/snapshots";
import type { CompressionStats, StatsMode, StatsProgress, StatsResult } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { ProgressTicker } from "./progress-ticker.js";

const NO_COMPRESSION: CompressionStats = { totalUncompressedSize: 0, ratio: 0, progress: 0, spaceSaving: 0 };

export class StatsReporter {
  readonly #context: Context;
  readonly #snapshots: number;
  readonly #started = performance.now();
  readonly #ticker: ProgressTicker;
  #progress: StatsProgress = { snapshots: 0, files: 0, blobs: 0, bytes: 0 };

  /** @param snapshots how many there are to count */
  constructor(context: Context, snapshots: number) {
    this.#context = context;
    this.#snapshots = snapshots;
    this.#ticker = new ProgressTicker(context, () => (context.output.json ? [] : [this.#line(false)]));
  }

  update(progress: StatsProgress): void {
    this.#progress = progress;
  }

  /** Leaves the last state on a line, however it ended. */
  finish(): void {
    this.#ticker.stop();
    if (!this.#context.output.json) this.#context.output.result(this.#line(true));
  }

  result(mode: StatsMode, result: StatsResult): void {
    const { output } = this.#context;
    if (output.json) output.value(resultJson(result));
    else for (const line of resultLines(mode, result)) output.result(line);
  }

  #line(isFinal: boolean): string {
    const { snapshots, files, blobs, bytes } = this.#progress;
    const done = isFinal || snapshots === 0 ? snapshots : snapshots - 1;
    const time = formatDuration((performance.now() - this.#started) / 1000);
    let line = `[${time}] ${formatPercent(done, this.#snapshots)}  ${snapshots} / ${this.#snapshots} snapshots`;
    if (files > 0) line += `, ${files} files`;
    if (blobs > 0) line += `, ${blobs} blobs`;
    return `${line}, ${formatBytes(bytes)}`;
  }
}

/** Numbers that are zero are left out, but for two. */
function resultJson({ snapshots, totalSize, totalFiles, totalBlobs, compression }: StatsResult): unknown {
  const { totalUncompressedSize, ratio, progress, spaceSaving } = compression ?? NO_COMPRESSION;
  return {
    total_size: totalSize,
    total_uncompressed_size: totalUncompressedSize || undefined,
    compression_ratio: ratio || undefined,
    compression_progress: progress || undefined,
    compression_space_saving: spaceSaving || undefined,
    total_file_count: totalFiles || undefined,
    total_blob_count: totalBlobs || undefined,
    snapshots_count: snapshots,
  };
}

function resultLines(
  mode: StatsMode,
  { snapshots, totalSize, totalFiles, totalBlobs, compression = NO_COMPRESSION }: StatsResult,
): string[] {
  const { totalUncompressedSize, ratio, progress, spaceSaving } = compression;
  const line = (title: string, value: string): string => `${`${title}:`.padStart(25)}  ${value}`;
  const bytes = (value: number): string => formatBytes(value).padEnd(5);
  return [
    `Stats in ${mode} mode:`,
    line("Snapshots processed", String(snapshots)),
    ...(totalBlobs > 0 ? [line("Total Blob Count", String(totalBlobs))] : []),
    ...(totalFiles > 0 ? [line("Total File Count", String(totalFiles))] : []),
    ...(totalUncompressedSize > 0 ? [line("Total Uncompressed Size", bytes(totalUncompressedSize))] : []),
    line("Total Size", bytes(totalSize)),
    ...(progress > 0 ? [line("Compression Progress", `${progress.toFixed(2)}%`)] : []),
    ...(ratio > 0 ? [line("Compression Ratio", `${ratio.toFixed(2)}x`)] : []),
    ...(spaceSaving > 0 ? [line("Compression Space Saving", `${spaceSaving.toFixed(2)}%`)] : []),
  ];
}
