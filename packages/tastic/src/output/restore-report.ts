/**
 * What `restore` says while it works and at the end, as text or as JSON.
 */
import type { RestoreEvent, RestoreProgress, RestoreResult } from "@tastic/snapshots";
import { formatBytes, formatClockDuration, formatDuration, formatPercent } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { quoteUnprintable } from "./file-name.js";
import { goJson } from "./go-json.js";
import { ProgressTicker } from "./progress-ticker.js";

export interface RestoreReportOptions {
  /** As the user gave it. */
  readonly target: string;
}

type ItemEvent = Extract<RestoreEvent, { type: "item" }>;

export class RestoreReporter {
  readonly #context: Context;
  readonly #target: string;
  readonly #started = performance.now();
  readonly #ticker: ProgressTicker;
  #progress: RestoreProgress | undefined;
  /** When the last item was told: what comes after is verifying. */
  #lastItem = performance.now();
  #verified: { readonly files: number; readonly seconds: number } | undefined;

  constructor(context: Context, { target }: RestoreReportOptions) {
    this.#context = context;
    this.#target = target;
    this.#ticker = new ProgressTicker(context, () => this.#status());
  }

  onEvent(event: RestoreEvent): void {
    const { output } = this.#context;
    switch (event.type) {
      case "progress":
        this.#progress = event;
        break;
      case "item":
        this.#lastItem = performance.now();
        if (output.verbosity >= 3) this.#item(event);
        break;
      case "error":
        if (output.json) output.errorValue(errorJson(event.path, event.message));
        else output.error(`ignoring error for ${event.path}: ${event.message}`);
        break;
      case "warning":
        output.error(event.message);
        break;
      case "verified":
        this.#verified = { files: event.files, seconds: (performance.now() - this.#lastItem) / 1000 };
    }
  }

  summary(result: RestoreResult): void {
    this.stop();
    const { output } = this.#context;
    if (output.json) {
      output.value({ message_type: "summary", ...secondsElapsed(result.seconds), ...countsJson(result) });
      return;
    }
    output.result(summaryText(result));
    if (this.#verified === undefined) return;
    const { files, seconds } = this.#verified;
    output.info(`verifying files in ${this.#target}`);
    output.info(
      `finished verifying ${files} files in ${this.#target} (took ${formatClockDuration(Math.round(seconds) * 1000)})`,
    );
  }

  stop(): void {
    this.#ticker.stop();
  }

  #item({ action, kind, path, size }: ItemEvent): void {
    const { output } = this.#context;
    if (output.json) {
      output.value({ message_type: "verbose_status", action, item: path, size });
      return;
    }
    const shown = output.onTerminal ? quoteUnprintable(path) : path;
    const withSize = kind === "file" && action !== "deleted" ? ` with size ${formatBytes(size)}` : "";
    output.result(`${action.padEnd(9)} ${shown}${withSize}`);
  }

  #status(): string[] {
    const progress = this.#progress;
    if (progress === undefined) return [];
    const seconds = (performance.now() - this.#started) / 1000;
    return this.#context.output.json ? [statusJson(seconds, progress)] : [statusText(seconds, progress)];
  }
}

export function summaryText(result: RestoreResult): string {
  const { totalFiles, filesRestored, totalBytes, bytesRestored, seconds } = result;
  const complete = totalFiles === filesRestored && totalBytes === bytesRestored;
  const restored = complete
    ? `${filesRestored} files/dirs (${formatBytes(bytesRestored)})`
    : `${filesRestored} / ${totalFiles} files/dirs (${formatBytes(bytesRestored)} / ${formatBytes(totalBytes)})`;
  return `Summary: Restored ${restored} in ${formatDuration(seconds)}${skippedAndDeleted(result)}`;
}

export function statusText(seconds: number, progress: RestoreProgress): string {
  const { totalFiles, filesRestored, totalBytes, bytesRestored } = progress;
  const share = formatPercent(bytesRestored, totalBytes);
  return (
    `[${formatDuration(seconds)}] ${share}  ${filesRestored} files/dirs ${formatBytes(bytesRestored)}, ` +
    `total ${totalFiles} files/dirs ${formatBytes(totalBytes)}${skippedAndDeleted(progress)}`
  );
}

function skippedAndDeleted({ filesSkipped, bytesSkipped, filesDeleted }: RestoreProgress): string {
  const skipped = filesSkipped > 0 ? `, skipped ${filesSkipped} files/dirs ${formatBytes(bytesSkipped)}` : "";
  return filesDeleted > 0 ? `${skipped}, deleted ${filesDeleted} files/dirs` : skipped;
}

export function statusJson(seconds: number, progress: RestoreProgress): string {
  const { totalBytes, bytesRestored } = progress;
  return goJson({
    message_type: "status",
    ...secondsElapsed(seconds),
    percent_done: totalBytes === 0 ? 0 : bytesRestored / totalBytes,
    ...countsJson(progress),
  });
}

function errorJson(item: string, message: string): unknown {
  return { message_type: "error", error: { message }, during: "restore", item };
}

function secondsElapsed(seconds: number): Record<string, number | undefined> {
  return { seconds_elapsed: positive(Math.floor(seconds)) };
}

function countsJson(progress: RestoreProgress): Record<string, number | undefined> {
  return {
    total_files: positive(progress.totalFiles),
    files_restored: positive(progress.filesRestored),
    files_skipped: positive(progress.filesSkipped),
    files_deleted: positive(progress.filesDeleted),
    total_bytes: positive(progress.totalBytes),
    bytes_restored: positive(progress.bytesRestored),
    bytes_skipped: positive(progress.bytesSkipped),
  };
}

/** Zeros are left out. */
function positive(value: number): number | undefined {
  return value > 0 ? value : undefined;
}
