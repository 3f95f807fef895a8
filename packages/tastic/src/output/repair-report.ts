/**
 * What `repair index` and `repair packs` say: phases as they come, bars, and what is wrong. restic says it with `--json`,
 * too.
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
  #bar: ProgressBar | undefined;

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
        if (unit !== undefined) this.#bar = new ProgressBar(this.#context, unit, { alsoWithJson: true });
        break;
      }
      case "progress":
        this.#bar?.update(event.done, event.total);
        break;
      case "removed":
        if (event.phase === "remove-index") say(output, 3, `removed index ${event.name}`);
        break;
      case "detail":
        this.stop();
        say(output, 2, event.message);
        break;
      case "error":
        output.error(event.message);
    }
  }

  /** No more bars. */
  stop(): void {
    this.#bar?.finish();
    this.#bar = undefined;
  }
}
