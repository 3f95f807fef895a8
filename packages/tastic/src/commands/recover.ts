/** `recover`: a snapshot of what no snapshot leads to. */
import { shortId } from "@tastic/format";
import { recover } from "@tastic/snapshots";
import { defineCommand } from "../command.js";
import { loadIndex, openRepository, withLock } from "../open-repository.js";
import { ProgressBar } from "../output/progress-bar.js";
import { say } from "../output/say.js";
import { runRepairIndex } from "../run-repair-index.js";

export const command = defineCommand({
  usage: "[flags]",
  description:
    "Makes a snapshot of all folders that no snapshot leads to, such as those of snapshots that were removed by mistake\nand not pruned yet.",
  flags: {},
  async run(context) {
    const { output } = context;
    say(output, 1, "ensuring index is complete");
    const first = await openRepository(context);
    await withLock(context, first, "exclusive", (signal) => runRepairIndex(context, first, false, signal));
    // The index was made anew, and what was loaded of the old one is of no more use.
    const repository = await openRepository(context);
    await withLock(context, repository, "append", async (signal) => {
      say(output, 1, "load index files");
      await loadIndex(context, repository, signal);
      let bar: ProgressBar | undefined;
      const id = await recover(repository, {
        signal,
        onEvent: (event) => {
          switch (event.type) {
            case "trees":
              if (bar === undefined) say(output, 1, `load ${event.total} trees`);
              bar ??= new ProgressBar(context, "trees loaded", { alsoWithJson: true });
              bar.update(event.done, event.total);
              break;
            case "unreadable":
              output.error(`unable to load tree ${shortId(event.tree)}: ${event.message}`);
              break;
            case "snapshots":
              bar?.finish();
              say(output, 1, "load snapshots");
              break;
            case "snapshot-failed":
              output.error(`unable to load snapshot ${shortId(event.id)}: ${event.message}`);
              break;
            case "found":
              say(output, 1, "done");
              for (const root of event.roots) say(output, 3, `found root tree ${shortId(root)}`);
              output.result(`\nfound ${event.roots.length} unreferenced roots`);
          }
        },
      }).finally(() => bar?.stop());
      if (id === undefined) say(output, 1, "no snapshot to write.");
      else output.result(`saved new snapshot ${shortId(id)}`);
    });
  },
});
