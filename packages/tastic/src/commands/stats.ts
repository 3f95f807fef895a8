/** `stats`: how much snapshots hold. */
import { stats } from "@tastic/snapshots";
import type { StatsMode } from "@tastic/snapshots";
import { defineCommand } from "../command.js";
import { text } from "../flags.js";
import { withIndex } from "../open-repository.js";
import { StatsReporter } from "../output/stats-report.js";
import { filterOf, findNamedSnapshots, snapshotFlags } from "../snapshot-flags.js";
import { orPlain, plain } from "../text-error.js";

const MODES = ["restore-size", "files-by-contents", "blobs-per-file", "raw-data"] as const;

export const command = defineCommand({
  usage: "[flags] [snapshot ID] [...]",
  description:
    "Counts what all snapshots hold, or those that are named or match the flags.\n\n" +
    "  restore-size       what restoring them would write\n" +
    "  files-by-contents  files of different content\n" +
    "  blobs-per-file     the pieces of these files, each once for a path\n" +
    "  raw-data           what they take in the repository, and how well it is compressed",
  flags: {
    mode: text("mode", `what to count: ${MODES.join(", ")}`, { initial: "restore-size" }),
    ...snapshotFlags,
  },
  async run(context, { flags, args }) {
    const mode = readMode(flags.mode);
    await withIndex(context, "read", async (repository, signal) => {
      const { output } = context;
      if (!output.json) output.result("scanning...");
      const snapshots = await findNamedSnapshots(context, repository, args, filterOf(flags));
      const reporter = new StatsReporter(context, snapshots.length);
      const counting = stats(repository, snapshots, {
        mode,
        signal,
        onProgress: (progress) => reporter.update(progress),
      });
      const result = await orPlain(counting.finally(() => reporter.finish()));
      reporter.result(mode, result);
    });
  },
});

function readMode(given: string): StatsMode {
  const mode = MODES.find((one) => one === given);
  if (mode !== undefined) return mode;
  throw plain(`unknown counting mode: ${given} (use the -h flag to get a list of supported modes)`);
}
