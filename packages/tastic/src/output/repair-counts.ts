/**
 * What `repair snapshots` says to programs beside the text, which restic prints with `--json`, too: how far it is, and the
 * sum.
 */
import type { RepairSnapshotsEvent } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { ProgressTicker } from "./progress-ticker.js";
import { countedStatus } from "./status-json.js";

export class RepairCounts {
  readonly #output: Context["output"];
  readonly #total: number;
  readonly #ticker: ProgressTicker | undefined;
  readonly #started = performance.now();
  #begun = 0;
  #files = 0;
  #folders = 0;
  #nodes = 0;

  /** @param total how many snapshots there are to look at */
  constructor(context: Context, total: number) {
    this.#output = context.output;
    this.#total = total;
    if (context.output.json)
      this.#ticker = new ProgressTicker(context, () => [this.#status()], { jsonOnRequest: true });
  }

  add({ type }: RepairSnapshotsEvent): void {
    if (type === "snapshot") this.#begun++;
    else if (type === "file") this.#files++;
    else if (type === "folder") this.#folders++;
    else if (type === "node") this.#nodes++;
  }

  stop(): void {
    this.#ticker?.stop();
  }

  summary(changed: number, dryRun: boolean): void {
    if (!this.#output.json) return;
    this.#output.value({
      message_type: "summary",
      snapshots_checked: this.#begun,
      snapshots_changed: changed,
      files_changed: this.#files,
      folders_changed: this.#folders,
      nodes_removed: this.#nodes,
      total_duration: this.#seconds(),
      dry_run: dryRun ? true : undefined,
    });
  }

  #status(): string {
    const done = Math.max(0, this.#begun - 1);
    return countedStatus({ phase: "snapshots", seconds: this.#seconds(), done, total: this.#total });
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}
