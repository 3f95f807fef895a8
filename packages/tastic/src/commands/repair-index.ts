/** `repair index`: a new index, made of what is stored. */
import { defineCommand } from "../command.js";
import { on } from "../flags.js";
import { withRepository } from "../open-repository.js";
import { say } from "../output/say.js";
import { runRepairIndex } from "../run-repair-index.js";

export const command = defineCommand({
  usage: "[flags]",
  description:
    "Makes the index anew: packs that are gone are listed no more, and packs that no index lists are read for what they\nhold.",
  flags: {
    readAllPacks: on("believe no index file, and read what all packs say of themselves"),
  },
  async run(context, { flags }) {
    const reporter = await withRepository(context, "exclusive", (repository, signal) =>
      runRepairIndex(context, repository, flags.readAllPacks, signal),
    );
    say(context.output, 1, "done");
    reporter.summary("index");
  },
});
