/**
 * What `prune` says, alone or at the end of `forget --prune`: phases as they come, bars, the plan, what was removed.
 *
 * restic prints the same text with `--json`; the sum as JSON comes after it, as restic's next version will print it, and
 * lines of status in between for who asks for them.
 */
import { formatBytes, formatPercent } from "@tastic/snapshots";
import type { PruneEvent, PrunePhase, PruneStats, PruneSummary } from "@tastic/repository";
import { shortId } from "@tastic/format";
import type { PackId } from "@tastic/format";
import type { Context } from "../command.js";
import { ProgressBar } from "./progress-bar.js";

/** What a phase begins with, and what its bar counts. */
const PHASES: Readonly<Record<PrunePhase, { title?: (count: number) => string; unit?: string }>> = {
  "load-snapshots": { title: () => "loading all snapshots..." },
  snapshots: {
    title: (count) => `finding data that is still in use for ${count} snapshots`,
    unit: "snapshots",
  },
  "used-packs": { title: () => "searching used packs..." },
  packs: { title: () => "collecting packs for deletion and repacking", unit: "packs processed" },
  "remove-unreferenced": { title: () => "deleting unreferenced packs", unit: "files deleted" },
  repack: { title: () => "repacking packs", unit: "packs repacked" },
  index: { title: () => "rebuilding index", unit: "indexes processed" },
  "remove-index": { unit: "old indexes deleted" },
  "remove-packs": { title: (count) => `removing ${count} old packs`, unit: "files deleted" },
  "remove-all-index": { title: () => "deleting index files", unit: "files deleted" },
  "save-index": { unit: "packs processed" },
};

export class PruneReporter {
  readonly #context: Context;
  readonly #dryRun: boolean;
  #bar: ProgressBar | undefined;

  constructor(context: Context, dryRun: boolean) {
    this.#context = context;
    this.#dryRun = dryRun;
  }

  onEvent(event: PruneEvent): void {
    switch (event.type) {
      case "phase":
        this.#begin(event.phase, event.count ?? 0);
        break;
      case "progress":
        this.#bar?.update(event.done, event.total);
        break;
      case "planned":
        this.stop();
        this.#plan(event.plan);
        break;
      case "removed":
        this.#say(3, `removed ${removedFile(event)}`);
        break;
      case "detail":
        this.#say(2, event.message);
        break;
      case "error":
        this.#context.output.error(event.message);
    }
  }

  /** No more bars. */
  stop(): void {
    this.#bar?.finish();
    this.#bar = undefined;
  }

  /** After all went well. */
  finish(summary: PruneSummary): void {
    this.stop();
    if (this.#dryRun) this.#wouldHave(summary);
    else this.#say(1, "done");
    if (this.#context.output.json) this.#context.output.value(summaryJson(summary));
  }

  #begin(phase: PrunePhase, count: number): void {
    this.stop();
    const { title, unit } = PHASES[phase];
    if (title !== undefined) this.#say(1, title(count));
    if (unit !== undefined) this.#bar = new ProgressBar(this.#context, unit, { alsoWithJson: true, phase });
  }

  #plan({ stats }: PruneSummary): void {
    const { blobs, bytes, packs } = stats;
    const { total, unused, pruned, remaining, unusedAfter } = sumsOf(stats);
    this.#say(1, this.#dryRun ? "\nWould have made the following changes:\n" : "");
    const line = (level: number, title: string, count: number, size: number): void =>
      this.#say(level, `${title.padEnd(14)}${String(count).padStart(10)} blobs / ${formatBytes(size)}`);
    const sizeOnly = (level: number, title: string, size: number): void =>
      this.#say(level, `${title.padEnd(33)}${formatBytes(size)}`);
    line(2, "used:", blobs.used, bytes.used);
    if (blobs.duplicate > 0) line(2, "duplicates:", blobs.duplicate, bytes.duplicate);
    line(2, "unused:", blobs.unused, bytes.unused);
    if (bytes.unreferenced > 0) sizeOnly(2, "unreferenced:", bytes.unreferenced);
    line(2, "total:", total.blobs, total.bytes);
    this.#say(2, `unused size: ${formatPercent(unused, total.bytes)} of total size\n`);
    line(1, "to repack:", blobs.repack, bytes.repack);
    line(1, "this removes:", blobs.repackRemove, bytes.repackRemove);
    line(1, "to delete:", blobs.remove, bytes.remove + bytes.unreferenced);
    line(1, "total prune:", pruned.blobs, pruned.bytes);
    if (bytes.uncompressed > 0) sizeOnly(1, "not yet compressed:", bytes.uncompressed);
    line(1, "remaining:", remaining.blobs, remaining.bytes);
    const share = formatPercent(unusedAfter, remaining.bytes);
    this.#say(1, `unused size after prune: ${formatBytes(unusedAfter)} (${share} of remaining size)\n`);
    const packLine = (title: string, count: number, end = ""): void =>
      this.#say(2, `${title}${String(count).padStart(10)}${end}`);
    packLine("totally used packs: ", packs.used);
    packLine("partly used packs:  ", packs.partlyUsed);
    packLine("unused packs:       ", packs.unused, "\n");
    packLine("to keep:      ", packs.keep, " packs");
    packLine("to repack:    ", packs.repack, " packs");
    packLine("to delete:    ", packs.remove, " packs");
    if (packs.unreferenced > 0) packLine("to delete:    ", packs.unreferenced, " unreferenced packs\n");
  }

  #wouldHave({ unreferenced, repack, remove }: PruneSummary): void {
    this.#say(
      2,
      "Repeated prune dry-runs can report slightly different amounts of data to keep or repack. This is expected behavior.\n",
    );
    const list = (title: string, ids: readonly string[]): void =>
      this.#say(2, `Would have ${title}:\n{${ids.map((id) => shortId(id as PackId)).join(" ")}}\n`);
    if (unreferenced.length > 0) list("removed the following unreferenced packs", unreferenced);
    list("repacked and removed the following packs", repack);
    list("removed the following no longer used packs", remove);
  }

  /** Whatever `--json` says. */
  #say(level: number, text: string): void {
    const { output } = this.#context;
    if (output.verbosity >= level) output.result(text);
  }
}

/** As restic names what it removed, which is not always the same way. */
function removedFile({ phase, name }: Extract<PruneEvent, { type: "removed" }>): string {
  if (phase === "remove-index") return `index ${name}`;
  return `${phase === "remove-all-index" ? "index" : "data"}/${name}`;
}

interface Amount {
  readonly blobs: number;
  readonly bytes: number;
}

interface Sums {
  readonly total: Amount;
  readonly pruned: Amount;
  readonly remaining: Amount;
  /** Bytes. */
  readonly unused: number;
  readonly unusedAfter: number;
}

function sumsOf({ blobs, bytes }: PruneStats): Sums {
  const unused = bytes.duplicate + bytes.unused;
  const total = {
    blobs: blobs.used + blobs.unused + blobs.duplicate,
    bytes: bytes.used + unused + bytes.unreferenced,
  };
  const pruned = {
    blobs: blobs.remove + blobs.repackRemove,
    bytes: bytes.remove + bytes.repackRemove + bytes.unreferenced,
  };
  return {
    total,
    pruned,
    remaining: { blobs: total.blobs - pruned.blobs, bytes: total.bytes - pruned.bytes },
    unused,
    unusedAfter: unused - bytes.remove - bytes.repackRemove,
  };
}

/** The sum as JSON, with the keys of restic's development version. */
export function summaryJson({ stats }: PruneSummary): Record<string, unknown> {
  const { blobs, bytes, packs } = stats;
  const { total, pruned, remaining, unusedAfter } = sumsOf(stats);
  return {
    message_type: "summary",
    blobs: {
      used: blobs.used,
      duplicate: blobs.duplicate,
      unused: blobs.unused,
      total: total.blobs,
      repack: blobs.repack,
      repack_remove: blobs.repackRemove,
      remove: blobs.remove,
      remove_total: pruned.blobs,
      remaining: remaining.blobs,
    },
    bytes: {
      used: bytes.used,
      duplicate: bytes.duplicate,
      unused: bytes.unused,
      unreferenced: bytes.unreferenced,
      total: total.bytes,
      uncompressed: bytes.uncompressed,
      repack: bytes.repack,
      repack_remove: bytes.repackRemove,
      remove: bytes.remove,
      remove_total: pruned.bytes,
      remaining: remaining.bytes,
      remaining_unused: unusedAfter,
    },
    packfiles: {
      used: packs.used,
      unused: packs.unused,
      partly_used: packs.partlyUsed,
      unreferenced: packs.unreferenced,
      total: packs.used + packs.unused + packs.partlyUsed + packs.unreferenced,
      keep: packs.keep,
      repack: packs.repack,
      remove: packs.remove,
      remove_total: packs.repack + packs.remove + packs.unreferenced,
    },
  };
}
