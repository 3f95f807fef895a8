/**
 * What `copy` says: each snapshot as its turn comes, a bar, and the new ids.
 *
 * restic prints the same text with `--json`, and programs read it; progress and the sum as JSON come between and after.
 */
import { formatBytes } from "@tastic/snapshots";
import type { CopyAmount, CopyEvent, CopyResult, StoredSnapshot } from "@tastic/snapshots";
import { shortId } from "@tastic/format";
import type { Context } from "../command.js";
import { goJson } from "./go-json.js";
import { ProgressBar } from "./progress-bar.js";
import { ProgressTicker } from "./progress-ticker.js";
import { describeSnapshot } from "./snapshot-text.js";

const NOTHING: CopyAmount = { packs: 0, blobs: 0, bytes: 0 };

export class CopyReporter {
  readonly #context: Context;
  readonly #started = performance.now();
  #bar: ProgressBar | undefined;
  #ticker: ProgressTicker | undefined;
  #snapshot: StoredSnapshot | undefined;
  #done = NOTHING;
  #total = NOTHING;

  constructor(context: Context) {
    this.#context = context;
    if (context.output.json) this.#ticker = new ProgressTicker(context, () => this.#status());
  }

  onEvent(event: CopyEvent): void {
    switch (event.type) {
      case "skipped":
        this.#say(2, `\n${describeSnapshot(event.snapshot)}`);
        this.#say(
          2,
          `skipping source snapshot ${shortId(event.snapshot.id)}, was already copied to snapshot ${shortId(event.existing)}`,
        );
        break;
      case "started":
        this.#snapshot = event.snapshot;
        this.#say(1, `\n${describeSnapshot(event.snapshot)}`);
        this.#say(1, "  copy started, this may take a while...");
        break;
      case "planned":
        this.#plan(event.total);
        break;
      case "progress":
        this.#done = event.done;
        this.#bar?.update(event.done.packs, event.total.packs);
        break;
      case "copied":
        this.#endBar();
        this.#snapshot = undefined;
        break;
      case "flushed":
        if (event.snapshots > 1) this.#say(1, "");
        break;
      case "saved":
        this.#say(
          1,
          `snapshot ${shortId(event.id)} saved, copied from source snapshot ${shortId(event.snapshot.id)}`,
        );
    }
  }

  /** No more bars. */
  stop(): void {
    this.#endBar();
    this.#ticker?.stop();
    this.#ticker = undefined;
  }

  finish(result: CopyResult): void {
    this.stop();
    const { output } = this.#context;
    if (!output.json) return;
    output.value({
      message_type: "summary",
      snapshots_copied: result.snapshotsCopied,
      snapshots_skipped: result.snapshotsSkipped,
      data_blobs: result.dataBlobs,
      tree_blobs: result.treeBlobs,
      data_added_packed: result.bytes,
      total_duration: this.#seconds(),
    });
  }

  #plan(total: CopyAmount): void {
    this.#total = total;
    this.#done = NOTHING;
    const size = formatBytes(total.bytes);
    this.#say(2, `  copy ${total.blobs} blobs with disk size ${size} in ${total.packs} packfiles`);
    this.#bar = new ProgressBar(this.#context, "packs copied", { alsoWithJson: true });
  }

  #endBar(): void {
    this.#bar?.finish();
    this.#bar = undefined;
  }

  #status(): string[] {
    if (this.#snapshot === undefined) return [];
    const { packs, blobs, bytes } = this.#total;
    return [
      goJson({
        message_type: "status",
        seconds_elapsed: Math.floor(this.#seconds()),
        snapshot: this.#snapshot.id,
        percent_done: bytes === 0 ? 0 : this.#done.bytes / bytes,
        packs_done: this.#done.packs,
        total_packs: packs,
        blobs_done: this.#done.blobs,
        total_blobs: blobs,
        bytes_done: this.#done.bytes,
        total_bytes: bytes,
      }),
    ];
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Whatever `--json` says. */
  #say(level: number, text: string): void {
    const { output } = this.#context;
    if (output.verbosity >= level) output.result(text);
  }
}
