/**
 * What `backup --also-to` says of each copy: how far it is, and how it ended. With `--json`, lines of the kinds
 * `copy_status` and `copy`, after the backup's own summary, which stays restic's.
 */
import { shortId } from "@tastic/format";
import type { SnapshotId } from "@tastic/format";
import { formatBytes, formatDuration, formatPercent } from "@tastic/snapshots";
import type { CopyAmount, CopyEvent, CopyResult } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { goJson } from "./go-json.js";
import { ProgressTicker } from "./progress-ticker.js";

export interface CopyOutcome extends CopyResult {
  /** The snapshot's id in the other repository. */
  readonly copyId: SnapshotId;
  /** False where the snapshot was there already. */
  readonly isNew: boolean;
}

const NOTHING: CopyAmount = { packs: 0, blobs: 0, bytes: 0 };

export class AlsoToReporter {
  readonly #output: Context["output"];
  readonly #repository: string;
  readonly #snapshot: SnapshotId;
  readonly #ticker: ProgressTicker;
  readonly #started = performance.now();
  #done = NOTHING;
  #total = NOTHING;

  /** @param repository as it may be shown */
  constructor(context: Context, repository: string, snapshot: SnapshotId) {
    this.#output = context.output;
    this.#repository = repository;
    this.#snapshot = snapshot;
    this.#ticker = new ProgressTicker(context, () => [context.output.json ? this.#json() : this.#text()]);
  }

  onEvent(event: CopyEvent): void {
    if (event.type === "planned") this.#total = event.total;
    else if (event.type === "progress") this.#done = event.done;
  }

  /** The copy will take more room than it would have to. */
  cutDifferently(): void {
    const message =
      `${this.#repository} cuts files differently: what it has already is stored once more. ` +
      "A repository made by `init --copy-chunker-params` shares it.";
    if (this.#output.json) {
      this.#output.errorValue({ message_type: "copy_warning", repository: this.#repository, message });
    } else this.#output.error(`warning: ${message}`);
  }

  stop(): void {
    this.#ticker.stop();
  }

  finish({ copyId, isNew, dataBlobs, treeBlobs, bytes }: CopyOutcome): void {
    this.stop();
    if (!this.#output.json) {
      const id = shortId(copyId);
      this.#output.info(
        isNew
          ? `snapshot ${id} saved in ${this.#repository}, a copy (${formatBytes(bytes)} stored)`
          : `${this.#repository} has the snapshot already, as ${id}`,
      );
      return;
    }
    this.#output.value({
      message_type: "copy",
      repository: this.#repository,
      result: isNew ? "copied" : "present",
      source_snapshot_id: this.#snapshot,
      snapshot_id: copyId,
      data_blobs: dataBlobs,
      tree_blobs: treeBlobs,
      data_added_packed: bytes,
      total_duration: this.#seconds(),
    });
  }

  /** @param reason without secrets */
  failed(reason: string, guidance?: string): void {
    if (!this.#output.json) {
      this.#output.error(`error: not copied to ${this.#repository}: ${reason}`);
      if (guidance !== undefined) this.#output.error(guidance);
      return;
    }
    this.#output.value({
      message_type: "copy",
      repository: this.#repository,
      result: "failed",
      source_snapshot_id: this.#snapshot,
      error: { message: reason },
      total_duration: this.#seconds(),
    });
  }

  #text(): string {
    const { bytes, blobs } = this.#total;
    const share = blobs === 0 ? "" : `${formatPercent(this.#done.bytes, bytes)}  `;
    return `[${formatDuration(this.#seconds())}] ${share}copying to ${this.#repository}`;
  }

  #json(): string {
    const { bytes, blobs } = this.#total;
    return goJson({
      message_type: "copy_status",
      repository: this.#repository,
      seconds_elapsed: Math.floor(this.#seconds()),
      percent_done: bytes === 0 ? 0 : this.#done.bytes / bytes,
      blobs_done: this.#done.blobs,
      total_blobs: blobs,
      bytes_done: this.#done.bytes,
      total_bytes: bytes,
    });
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}
