/** `repair packs`: saving what can be saved of damaged packs. */
import { parseId } from "@tastic/format";
import type { PackId } from "@tastic/format";
import { repairPacks } from "@tastic/repository";
import { defineCommand } from "../command.js";
import { indexBar, withRepository } from "../open-repository.js";
import { RepairReporter } from "../output/repair-report.js";
import { say } from "../output/say.js";
import { programName } from "../program.js";
import { savePackCopy } from "../save-pack-copy.js";
import { fatal, orPlain, plain } from "../text-error.js";

export const command = defineCommand({
  usage: "[packIDs...]",
  description:
    "Moves what is whole in damaged packs to new ones, and removes them. Copies of the damaged packs are put into the\ncurrent folder first.",
  flags: {},
  async run(context, { args }) {
    const ids = new Set(args.map(readPackId));
    if (ids.size === 0) throw fatal("no ids specified");
    const { output } = context;
    await withRepository(context, "exclusive", async (repository, signal) => {
      const reporter = new RepairReporter(context);
      const bar = indexBar(context);
      try {
        await repairPacks(repository, [...ids], {
          signal,
          onIndexProgress: (done, total) => bar.update(done, total),
          onEvent: (event) => reporter.onEvent(event),
          async beforeRepair() {
            bar.finish();
            say(output, 1, "saving backup copies of pack files to current folder");
            for (const id of ids) await orPlain(savePackCopy(repository, id, signal));
          },
        });
      } finally {
        bar.stop();
        reporter.stop();
      }
      reporter.summary("packs");
    });
    output.error(
      `\nUse \`${programName()} repair snapshots --forget\` to remove the corrupted data blobs from all snapshots`,
    );
  },
});

/** @throws TasticError invalid-argument, in restic's words */
function readPackId(text: string): PackId {
  if (text.length !== 64) throw plain(`invalid length for ID: ${JSON.stringify(text)}`);
  try {
    return parseId<PackId>(text.toLowerCase(), "pack");
  } catch (error) {
    throw plain(`invalid ID: ${JSON.stringify(text)}`, { cause: error });
  }
}
