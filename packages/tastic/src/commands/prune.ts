/** `prune`: removing what no snapshot needs. */
import { defineCommand } from "../command.js";
import { on, text } from "../flags.js";
import { openRepository, withLock } from "../open-repository.js";
import { pruneFlags, readPruneLimits } from "../prune-flags.js";
import { runPrune } from "../run-prune.js";
import { fatal } from "../text-error.js";

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
    const kind = context.globals.noLock ? "none" : "exclusive";
    await withLock(context, repository, kind, (signal) =>
      runPrune(context, repository, {
        ...limits,
        dryRun: flags.dryRun,
        unsafeRecovery: recover !== "",
        signal,
      }),
    );
  },
});
