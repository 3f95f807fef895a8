/**
 * What `diff` says: a line for each item that differs, and sums at the end.
 */
import { jsonString, shortId } from "@tastic/format";
import { formatBytes } from "@tastic/snapshots";
import type { DiffAmount, DiffEvent, DiffResult } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { quoteUnprintable } from "./file-name.js";

export class DiffReporter {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  onEvent(event: DiffEvent): void {
    const { output } = this.#context;
    switch (event.type) {
      case "change":
        this.#change(event.path, event.modifier);
        break;
      case "error":
        output.error(`error: ${event.message}`);
        break;
      case "unknown-blob":
        output.error(`unable to find blob size for <${event.kind}/${shortId(event.id)}>`);
    }
  }

  #change(path: string, modifier: string): void {
    const { output, globals } = this.#context;
    if (globals.quiet) return;
    if (output.json) {
      output.result(
        `{"message_type":"change","path":${jsonString(path)},"modifier":${jsonString(modifier)}}`,
      );
    } else {
      output.result(`${modifier.padEnd(5)}${output.onTerminal ? quoteUnprintable(path) : path}`);
    }
  }

  /** @param source what the user called the two */
  summary(source: string, target: string, { changedFiles, added, removed }: DiffResult): void {
    const { output } = this.#context;
    if (output.json) {
      output.value({
        message_type: "statistics",
        source_snapshot: source,
        target_snapshot: target,
        changed_files: changedFiles,
        added: amountJson(added),
        removed: amountJson(removed),
      });
      return;
    }
    const of = (title: string, more: number, less: number): string =>
      `${`${title}:`.padEnd(12)} ${count(more)} new, ${count(less)} removed`;
    for (const line of [
      "",
      `${of("Files", added.files, removed.files)}, ${count(changedFiles)} changed`,
      of("Dirs", added.dirs, removed.dirs),
      of("Others", added.others, removed.others),
      of("Data Blobs", added.dataBlobs, removed.dataBlobs),
      of("Tree Blobs", added.treeBlobs, removed.treeBlobs),
      `  Added:   ${formatBytes(added.bytes).padEnd(5)}`,
      `  Removed: ${formatBytes(removed.bytes).padEnd(5)}`,
    ]) {
      output.result(line);
    }
  }
}

function count(value: number): string {
  return String(value).padStart(5);
}

function amountJson({ files, dirs, others, dataBlobs, treeBlobs, bytes }: DiffAmount): unknown {
  return { files, dirs, others, data_blobs: dataBlobs, tree_blobs: treeBlobs, bytes };
}
