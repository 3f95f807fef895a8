/**
 * What `check --repair-from` says between its checks: what came from the other repository, and what is lost.
 */
import type { PackId } from "@tastic/format";
import type { NamedBlob, RepairedFrom, RepairEvent, RepairPhase } from "@tastic/repository";
import { formatBytes } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { ProgressBar } from "./progress-bar.js";

/** What a phase begins with, and what its bar counts. */
const PHASES: Partial<Record<RepairPhase, { readonly title?: string; readonly unit?: string }>> = {
  examine: { title: "look for what is whole in damaged packs" },
  rescue: { title: "take blobs from the other repository", unit: "blobs" },
  salvage: { title: "move what is whole in damaged packs", unit: "packs" },
  index: { title: "make the index anew", unit: "index files" },
  "remove-packs": { title: "remove damaged packs", unit: "packs" },
};

export class RepairFromReporter {
  readonly #context: Context;
  readonly #dryRun: boolean;
  readonly #replaced: PackId[] = [];
  readonly #copies: PackId[] = [];
  readonly #lost = new Map<string, NamedBlob>();
  #blobs = 0;
  #bytes = 0;
  #bar: ProgressBar | undefined;

  constructor(context: Context, dryRun: boolean) {
    this.#context = context;
    this.#dryRun = dryRun;
  }

  onEvent(event: RepairEvent): void {
    const { output } = this.#context;
    if (event.type === "phase") {
      this.stop();
      const { title, unit } = PHASES[event.phase] ?? {};
      if (title !== undefined) output.info(title);
      if (unit !== undefined) this.#bar = new ProgressBar(this.#context, unit);
    } else if (event.type === "progress") {
      this.#bar?.update(event.done, event.total);
    } else if (event.type === "error") {
      if (output.json) output.errorValue({ message_type: "error", message: event.message });
      else output.error(event.message);
    }
  }

  /** A copy of a pack is in the working folder. */
  saved(id: PackId): void {
    this.#copies.push(id);
    this.#context.output.info(`saved a copy of the damaged pack as pack-${id}`);
  }

  /** What one round of repairs came to. */
  add({ restoredBlobs, restoredBytes, replacedPacks, lostBlobs }: RepairedFrom): void {
    this.#blobs += restoredBlobs;
    this.#bytes += restoredBytes;
    this.#replaced.push(...replacedPacks);
    for (const blob of lostBlobs) this.#lost.set(`${blob.type} ${blob.id}`, blob);
  }

  /** The sum of all rounds. */
  finish(): void {
    this.stop();
    const { output } = this.#context;
    const lost = [...this.#lost.values()];
    if (output.json) {
      output.value({
        message_type: "repaired",
        dry_run: this.#dryRun,
        restored_blobs: this.#blobs,
        restored_bytes: this.#bytes,
        replaced_packs: this.#replaced,
        saved_packs: this.#copies,
        lost_blobs: lost,
      });
      return;
    }
    const [restored, replaced] = this.#dryRun ? ["could restore", "replace"] : ["restored", "replaced"];
    output.result(
      `\n${restored} ${count(this.#blobs, "blob")} (${formatBytes(this.#bytes)}) from the other repository, ` +
        `and ${replaced} ${count(this.#replaced.length, "damaged pack")}`,
    );
    if (lost.length > 0) {
      output.result(
        `${count(lost.length, "blob")} could not be found there. A backup of the same files, or another repository, may ` +
          "bring them back;\n`repair snapshots` makes snapshots without them.",
      );
    }
    output.result("");
  }

  /** No more bars. */
  stop(): void {
    this.#bar?.finish();
    this.#bar = undefined;
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
