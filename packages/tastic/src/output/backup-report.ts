/**
 * What `backup` says while it works and at the end. Two reporters, for people and for programs, that hear the same.
 */
import type { BackupEvent, BackupProgress, BackupResult } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { BackupJson } from "./backup-json.js";
import { BackupText } from "./backup-text.js";
import { ProgressTicker } from "./progress-ticker.js";

/** What the reports need to know of the command line. */
export interface BackupReportOptions {
  /** As the user gave them. */
  readonly targets: readonly string[];
  readonly dryRun: boolean;
  readonly noScan: boolean;
  /** The source is the standard input or the output of a command. */
  readonly fromStream: boolean;
  /** A parent is of no use, and not spoken of. */
  readonly parentless: boolean;
}

/** How a report says things. */
export interface BackupVoice {
  /** Whether it speaks of every file and folder. */
  readonly namesItems: boolean;
  event(event: Exclude<BackupEvent, { type: "progress" }>): void;
  /** Lines that show how far it is. */
  status(progress: BackupProgress, seconds: number, secondsLeft: number | undefined): readonly string[];
  summary(result: BackupResult): void;
}

export class BackupReporter {
  readonly #voice: BackupVoice;
  readonly #ticker: ProgressTicker;
  readonly #started = performance.now();
  #progress: BackupProgress | undefined;

  constructor(context: Context, options: BackupReportOptions) {
    this.#voice = context.output.json
      ? new BackupJson(context.output, options)
      : new BackupText(context.output, options);
    this.#ticker = new ProgressTicker(context, () => this.#status());
  }

  /** Is there anything to say of it? Most events are about single items, which few people ask for. */
  wants(event: BackupEvent): boolean {
    return event.type !== "item" || this.#voice.namesItems;
  }

  onEvent(event: BackupEvent): void {
    if (event.type === "progress") this.#progress = event;
    else this.#voice.event(event);
  }

  summary(result: BackupResult): void {
    this.stop();
    this.#voice.summary(result);
  }

  stop(): void {
    this.#ticker.stop();
  }

  #status(): readonly string[] {
    const progress = this.#progress;
    if (progress === undefined) return [];
    const seconds = (performance.now() - this.#started) / 1000;
    return this.#voice.status(progress, seconds, secondsLeft(progress, seconds));
  }
}

/** How long it will take yet if it goes on as so far; undefined where nobody can tell. */
export function secondsLeft(progress: BackupProgress, seconds: number): number | undefined {
  const { totalBytes = 0, bytesDone, scanFinished } = progress;
  if (!scanFinished || bytesDone === 0 || totalBytes <= bytesDone) return undefined;
  return Math.floor(((totalBytes - bytesDone) * seconds) / bytesDone);
}
