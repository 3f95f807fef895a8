/**
 * What `repair index` and `repair packs` say: phases as they come, bars, and what is wrong. restic says it with `--json`,
 * too; lines of status come in between, and the sum as JSON after it.
 */
import type { RepairEvent, RepairPhase } from "@tastic/repository";
import type { Context } from "../command.js";
import { ProgressBar } from "./progress-bar.js";
import { say } from "./say.js";

/** What a phase begins with, and what its bar counts. */
const PHASES: Partial<Record<RepairPhase, { readonly title?: string; readonly unit?: string }>> = {
  "load-index": { title: "loading indexes..." },
  "list-packs": { title: "getting pack files to read..." },
  "read-packs": { title: "reading pack files", unit: "packs" },
  salvage: { title: "salvaging intact data from specified pack files", unit: "pack files" },
  index: { title: "rebuilding index", unit: "indexes processed" },
  "remove-index": { unit: "old indexes deleted" },
  "remove-packs": { title: "removing salvaged pack files", unit: "files deleted" },
};

export class RepairReporter {
  readonly #context: Context;
  readonly #started = performance.now();
  #bar: ProgressBar | undefined;
  #problems = 0;
  #lostBlobs = 0;
  /** How many files each phase was about, and how many it removed. */
  readonly #done = new Map<RepairPhase, number>();
  readonly #removed = new Map<RepairPhase, number>();

  constructor(context: Context) {
    this.#context = context;
  }

  onEvent(event: RepairEvent): void {
    const { output } = this.#context;
    switch (event.type) {
      case "phase": {
        this.stop();
        const { title, unit } = PHASES[event.phase] ?? {};
        if (title !== undefined) say(output, 1, title);
        if (unit !== undefined)
          this.#bar = new ProgressBar(this.#context, unit, { alsoWithJson: true, phase: event.phase });
        break;
      }
      case "progress":
        this.#done.set(event.phase, event.done);
        this.#bar?.update(event.done, event.total);
        break;
      case "removed":
        this.#removed.set(event.phase, (this.#removed.get(event.phase) ?? 0) + 1);
        if (event.phase === "remove-index") say(output, 3, `removed index ${event.name}`);
        break;
      case "detail":
        this.stop();
        say(output, 2, event.message);
        break;
      case "error":
        this.#problems++;
        if ("lostBlob" in event) this.#lostBlobs++;
        output.error(event.message);
    }
  }

  /** The sum for programs, after all went well. */
  summary(what: "index" | "packs"): void {
    const { output } = this.#context;
    if (!output.json) return;
    output.value({
      message_type: "summary",
      problems: this.#problems,
      packs_read: what === "index" ? (this.#done.get("read-packs") ?? 0) : undefined,
      packs_salvaged: what === "packs" ? (this.#done.get("salvage") ?? 0) : undefined,
      packs_removed: what === "packs" ? (this.#removed.get("remove-packs") ?? 0) : undefined,
      blobs_lost: what === "packs" ? this.#lostBlobs : undefined,
      indexes_removed: this.#removed.get("remove-index") ?? 0,
      total_duration: (performance.now() - this.#started) / 1000,
    });
  }

  /** No more bars. */
  stop(): void {
    this.#bar?.finish();
    this.#bar = undefined;
  }
}
