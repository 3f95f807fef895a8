/**
 * What `check` says: the phases as they come, bars, errors as they are found, and the sum of it all.
 */
import type { CheckEvent, CheckPhase, CheckResult, ReadSelection } from "@tastic/snapshots";
import type { Repository } from "@tastic/repository";
import type { Context } from "../command.js";
import { ProgressBar } from "./progress-bar.js";

const PHASES: Readonly<Record<CheckPhase, string | undefined>> = {
  index: "load indexes",
  packs: "check all packs",
  snapshots: "check snapshots, trees and blobs",
  // What is read is known only when the first pack is.
  data: undefined,
};

export class CheckReporter {
  readonly #context: Context;
  readonly #readData: ReadSelection | undefined;
  /** A word before what is read: it is that of chosen snapshots only. */
  readonly #filtered: string;
  #bar: ProgressBar | undefined;
  #repository: Repository | undefined;
  /** Bytes of all packs, where the selection goes by them. */
  #packBytes = 0;
  #dataAnnounced = false;

  /** @param chosen only some snapshots are checked */
  constructor(context: Context, readData: ReadSelection | undefined, chosen = false) {
    this.#context = context;
    this.#readData = readData;
    this.#filtered = chosen ? "filtered " : "";
  }

  /** Looks up what the texts below need to know of the repository. */
  async prepare(repository: Repository): Promise<void> {
    this.#repository = repository;
    if (this.#readData?.kind !== "bytes") return;
    for await (const { size } of repository.storage.list("pack")) this.#packBytes += size;
  }

  onEvent(event: CheckEvent): void {
    const { output } = this.#context;
    switch (event.type) {
      case "phase":
        this.#begin(event.phase);
        break;
      case "progress":
        if (event.phase === "data") this.#announceData(event.total);
        this.#bar?.update(event.done, event.total);
        break;
      case "error":
        if (output.json) output.errorValue({ message_type: "error", message: event.message });
        else output.error(event.message);
        break;
      case "hint":
        output.info(event.message);
    }
  }

  /** No more bars. */
  stop(): void {
    this.#bar?.finish();
    this.#bar = undefined;
  }

  summary(result: CheckResult): void {
    const { output } = this.#context;
    const { errorCount, brokenPacks, suggestRepairIndex, suggestPrune } = result;
    if (output.json) {
      output.value({
        message_type: "summary",
        num_errors: errorCount,
        broken_packs: brokenPacks.length === 0 ? null : brokenPacks,
        suggest_repair_index: suggestRepairIndex,
        suggest_prune: suggestPrune,
      });
      return;
    }
    if (suggestRepairIndex) output.result("The index does not fit the packs; `repair index` makes it anew.");
    if (suggestPrune) output.result("There is data that nothing needs; `prune` removes it.");
    if (brokenPacks.length > 0) {
      output.error(
        "\nThe repository contains damaged pack files. These damaged files must be removed to repair the repository:",
      );
      output.error(`\n  repair packs ${brokenPacks.join(" ")}\n  repair snapshots --forget\n`);
    }
    if (errorCount > 0) {
      output.error(
        "\nThe repository is damaged. Do not write to it before you know why; a copy of it as it is now is worth having.\n" +
          "https://restic.readthedocs.io/en/stable/077_troubleshooting.html tells what to do, step by step.\n",
      );
    }
  }

  #begin(phase: CheckPhase): void {
    this.stop();
    // Another check may follow on one that led to repairs.
    if (phase === "index") this.#dataAnnounced = false;
    const title = PHASES[phase];
    if (title !== undefined) this.#context.output.info(title);
    if (phase === "index")
      this.#bar = new ProgressBar(this.#context, "index files loaded", { onlyAtTerminal: true, phase });
    if (phase === "snapshots") this.#bar = new ProgressBar(this.#context, "snapshots", { phase });
  }

  #announceData(selected: number): void {
    if (this.#dataAnnounced) return;
    this.#dataAnnounced = true;
    this.#context.output.info(this.#dataTitle(selected));
    this.#bar = new ProgressBar(this.#context, "packs", { phase: "data" });
  }

  #dataTitle(selected: number): string {
    const selection = this.#readData ?? { kind: "all" };
    switch (selection.kind) {
      case "part": {
        const total = this.#repository?.index.packCount ?? 0;
        return `read group #${selection.part} of ${selected} ${this.#filtered}data packs (out of total ${total} packs in ${selection.of} groups`;
      }
      case "percentage":
        return `read ${selection.percentage.toFixed(1)}% of ${this.#filtered}packfiles`;
      case "bytes": {
        const bytes = Math.min(selection.bytes, this.#packBytes);
        const share = this.#packBytes === 0 ? 100 : (100 * bytes) / this.#packBytes;
        return `read ${bytes} bytes (${share.toFixed(1)}%) of ${this.#filtered}data packs`;
      }
      default:
        return `read all ${this.#filtered}data`;
    }
  }
}
