/** `prune`: removing what no snapshot needs. */
import { isTasticError } from "@tastic/errors";
import { prune } from "@tastic/snapshots";
import { defineCommand } from "../command.js";
import { on, text } from "../flags.js";
import { indexBar, openRepository, withLock } from "../open-repository.js";
import { PruneReporter } from "../output/prune-report.js";
import { pruneFlags, readPruneLimits } from "../prune-flags.js";
import { fatal, plain } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags]",
  description: "Removes data that no snapshot needs any more, and writes packs anew that hold much of it.",
  flags: {
    dryRun: on("change nothing, only tell what would be done", { short: "n" }),
    ...pruneFlags,
    unsafeRecoverNoFreeSpace: text(
      "ID",
      "UNSAFE: for a store that is full, remove the index before anything is written. Try --max-repack-size 0 first.",
    ),
  },
  async run(context, { flags }) {
    const limits = readPruneLimits(flags, context);
    if (context.globals.noLock && !flags.dryRun)
      throw fatal("--no-lock is only applicable in combination with --dry-run for prune command");
    const repository = await openRepository(context);
    const { id } = repository.config;
    const recover = flags.unsafeRecoverNoFreeSpace;
    if (recover !== "" && recover !== id)
      throw fatal(`must pass id '${id}' to --unsafe-recover-no-free-space`);
    const reporter = new PruneReporter(context, flags.dryRun);
    await withLock(context, repository, context.globals.noLock ? "none" : "exclusive", async (signal) => {
      const bar = indexBar(context);
      try {
        const summary = await prune(repository, {
          ...limits,
          dryRun: flags.dryRun,
          unsafeRecovery: recover !== "",
          signal,
          onIndexProgress: (done, total) => bar.update(done, total),
          onEvent: (event) => {
            if (event.type === "phase" && event.phase === "load-snapshots") bar.finish();
            reporter.onEvent(event);
          },
        });
        reporter.finish(summary);
      } catch (error) {
        reporter.stop();
        // restic says this one without "Fatal".
        if (isTasticError(error, "invalid-argument")) throw plain(error.message, { cause: error });
        throw error;
      }
    });
  },
});
