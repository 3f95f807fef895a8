/** `repair snapshots`: snapshots of what is left of damaged ones. */
import { quoteName } from "@tastic/format";
import { repairSnapshots } from "@tastic/snapshots";
import type { RepairSnapshotsEvent } from "@tastic/snapshots";
import { defineCommand } from "../command.js";
import { on } from "../flags.js";
import { withIndex } from "../open-repository.js";
import type { Output } from "../output/output.js";
import { RepairCounts } from "../output/repair-counts.js";
import { reportChanged, reportReplacement, snapshotError } from "../output/replace-report.js";
import { say } from "../output/say.js";
import { describeSnapshot } from "../output/snapshot-text.js";
import { filterOf, findNamedSnapshots, snapshotFlags } from "../snapshot-flags.js";

export const command = defineCommand({
  usage: "[flags] [snapshot ID] [...]",
  description:
    "Makes new snapshots of damaged ones, without the content and the folders that are lost. Run `repair index` first, and\n`backup` of the same files, which may bring back what is missing.",
  flags: {
    dryRun: on("change nothing, only tell what would be done", { short: "n" }),
    forget: on("remove the damaged snapshots once the new ones are saved"),
    ...snapshotFlags,
  },
  async run(context, { flags, args }) {
    const { output, globals } = context;
    const { dryRun, forget } = flags;
    await withIndex(context, dryRun && globals.noLock ? "none" : "exclusive", async (repository, signal) => {
      const snapshots = await findNamedSnapshots(context, repository, args, filterOf(flags));
      const counts = new RepairCounts(context, snapshots.length);
      try {
        const changed = await repairSnapshots(repository, snapshots, {
          signal,
          dryRun,
          forget,
          onEvent: (event) => {
            counts.add(event);
            report(output, event);
          },
        });
        counts.stop();
        reportChanged(output, changed, dryRun);
        counts.summary(changed, dryRun);
      } catch (error) {
        throw snapshotError(error);
      } finally {
        counts.stop();
      }
    });
  },
});

const FILE_PROBLEMS = {
  "missing-content": "removed missing content",
  "wrong-size": "fixed incorrect size",
  "no-type": 'removed node with invalid type "irregular"',
};
const FOLDER_PROBLEMS = { "unreadable-root": "not readable", emptied: "replaced with empty directory" };

function report(output: Output, event: RepairSnapshotsEvent): void {
  switch (event.type) {
    case "snapshot":
      say(output, 1, `\n${describeSnapshot(event.snapshot)}`);
      break;
    case "file":
      say(output, 1, `  file "${quoteName(event.path)}": ${FILE_PROBLEMS[event.problem]}`);
      break;
    case "folder":
      say(output, 1, `  dir "${quoteName(event.path)}": ${FOLDER_PROBLEMS[event.problem]}`);
      break;
    case "node":
      say(output, 1, `  dir "${quoteName(event.folder)}": removed what is no node: ${event.message}`);
      break;
    default:
      reportReplacement(output, event);
  }
}
