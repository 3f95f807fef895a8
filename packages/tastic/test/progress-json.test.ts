/** What prune, check and repair say with `--json` beside what restic has them say: how far they are, and the sum. */
import type { BlobId, SnapshotId } from "@tastic/format";
import type { StoredSnapshot } from "@tastic/snapshots";
import { describe, expect, it } from "vitest";
import type { Context } from "../dist/command.js";
import { Environment } from "../dist/environment.js";
import { CheckReporter } from "../dist/output/check-report.js";
import { Output } from "../dist/output/output.js";
import { PruneReporter } from "../dist/output/prune-report.js";
import { RepairCounts } from "../dist/output/repair-counts.js";
import { RepairReporter } from "../dist/output/repair-report.js";

const ID = "ab".repeat(32);

/** What is printed while `work` goes on; `ask` has whoever reports say how far it is. */
function printed(json: boolean, work: (context: Context, ask: () => void) => void): string[] {
  let said = "";
  const write = (data: string | Uint8Array): void => void (said += String(data));
  const output = new Output({ json, verbosity: 1, stdout: { write }, stderr: { write: () => undefined } });
  work({ output, environment: new Environment({}) } as unknown as Context, () => process.emit("SIGUSR1"));
  output.flush();
  return said.trimEnd().split("\n");
}

/** The same as JSON, without the text. */
const parsed = (lines: readonly string[]): unknown[] =>
  lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as unknown);

const status = (phase: string, done: number, total: number): object => ({
  message_type: "status",
  phase,
  seconds_elapsed: 0,
  percent_done: done / total,
  done,
  total,
});

describe.skipIf(process.platform === "win32")("with --json", () => {
  it("check tells of index, snapshots and data, and sums up as restic does", () => {
    const lines = printed(true, (context, ask) => {
      const reporter = new CheckReporter(context, { kind: "all" });
      for (const phase of ["index", "snapshots", "data"] as const) {
        reporter.onEvent({ type: "phase", phase });
        reporter.onEvent({ type: "progress", phase, done: 1, total: 4 });
        ask();
      }
      reporter.stop();
      reporter.summary({ errorCount: 0, brokenPacks: [], suggestRepairIndex: false, suggestPrune: true });
    });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      status("index", 1, 4),
      status("snapshots", 1, 4),
      status("data", 1, 4),
      {
        message_type: "summary",
        num_errors: 0,
        broken_packs: null,
        suggest_repair_index: false,
        suggest_prune: true,
      },
    ]);
  });

  it("prune tells of each phase that takes long, between the lines of text (difference 7)", () => {
    const lines = printed(true, (context, ask) => {
      const reporter = new PruneReporter(context, false);
      for (const phase of ["snapshots", "repack", "remove-packs"] as const) {
        reporter.onEvent({ type: "phase", phase, count: 4 });
        reporter.onEvent({ type: "progress", phase, done: 2, total: 4 });
        ask();
      }
      reporter.stop();
    });
    expect(parsed(lines)).toEqual([
      status("snapshots", 2, 4),
      status("repack", 2, 4),
      status("remove_packs", 2, 4),
    ]);
    const text = lines.filter((line) => !line.startsWith("{"));
    expect(text[0]).toBe("finding data that is still in use for 4 snapshots");
    expect(text.at(-1)).toMatch(/ 50\.00% {2}2 \/ 4 files deleted$/);
  });

  it("repair packs counts what was saved, what is lost and what was removed", () => {
    const lines = printed(true, (context, ask) => {
      const reporter = new RepairReporter(context);
      reporter.onEvent({ type: "phase", phase: "salvage" });
      reporter.onEvent({ type: "error", message: "lost", lostBlob: ID as BlobId });
      reporter.onEvent({ type: "progress", phase: "salvage", done: 2, total: 2 });
      ask();
      reporter.onEvent({ type: "removed", phase: "remove-index", name: ID });
      reporter.onEvent({ type: "removed", phase: "remove-packs", name: ID });
      reporter.onEvent({ type: "error", message: "not removed" });
      reporter.stop();
      reporter.summary("packs");
    });
    expect(parsed(lines)).toEqual([
      status("salvage", 2, 2),
      {
        message_type: "summary",
        problems: 2,
        packs_salvaged: 2,
        packs_removed: 1,
        blobs_lost: 1,
        indexes_removed: 1,
        total_duration: expect.any(Number) as unknown,
      },
    ]);
  });

  it("repair index counts packs that were read, and index files that went", () => {
    const lines = printed(true, (context) => {
      const reporter = new RepairReporter(context);
      reporter.onEvent({ type: "error", message: "adding pack" });
      reporter.onEvent({ type: "progress", phase: "read-packs", done: 3, total: 3 });
      reporter.onEvent({ type: "removed", phase: "remove-index", name: ID });
      reporter.stop();
      reporter.summary("index");
    });
    expect(parsed(lines)).toMatchObject([
      { message_type: "summary", problems: 1, packs_read: 3, indexes_removed: 1 },
    ]);
  });

  it("repair snapshots tells at which snapshot it is, and counts what was changed in them", () => {
    const lines = printed(true, (context, ask) => {
      const counts = new RepairCounts(context, 2);
      counts.add({ type: "snapshot", snapshot: { id: ID as SnapshotId } as StoredSnapshot });
      counts.add({ type: "file", path: "/a", problem: "missing-content" });
      counts.add({ type: "snapshot", snapshot: { id: ID as SnapshotId } as StoredSnapshot });
      counts.add({ type: "folder", path: "/b", problem: "emptied" });
      counts.add({ type: "node", folder: "/b", message: "none" });
      ask();
      counts.stop();
      counts.summary(1, true);
    });
    expect(parsed(lines)).toEqual([
      status("snapshots", 1, 2),
      {
        message_type: "summary",
        snapshots_checked: 2,
        snapshots_changed: 1,
        files_changed: 1,
        folders_changed: 1,
        nodes_removed: 1,
        total_duration: expect.any(Number) as unknown,
        dry_run: true,
      },
    ]);
  });
});

it("without --json, none of it is said", () => {
  const lines = printed(false, (context) => {
    new RepairReporter(context).summary("packs");
    const counts = new RepairCounts(context, 1);
    counts.stop();
    counts.summary(1, false);
  });
  expect(lines).toEqual([""]);
});
