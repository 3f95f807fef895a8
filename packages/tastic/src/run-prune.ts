/**
 * Pruning a repository that is open and locked, with all that is said about it.
 */
import { isTasticError } from "@tastic/errors";
import type { Repository } from "@tastic/repository";
import { prune } from "@tastic/snapshots";
import type { PruneOptions } from "@tastic/snapshots";
import type { Context } from "./command.js";
import { indexBar } from "./open-repository.js";
import { PruneReporter } from "./output/prune-report.js";
import { plain } from "./text-error.js";

/**
 * Prunes, and tells of it.
 * @param repository of no more use afterwards but to be unlocked
 * @param isSilent say nothing but errors: with `--json`, `forget --prune` says nothing about it in restic, since programs
 * read what is printed as one JSON value
 */
export async function runPrune(
  context: Context,
  repository: Repository,
  options: Omit<PruneOptions, "onEvent" | "onIndexProgress">,
  isSilent = false,
): Promise<void> {
  const { output } = context;
  const reporter = isSilent ? undefined : new PruneReporter(context, options.dryRun ?? false);
  const bar = indexBar(context);
  try {
    const summary = await prune(repository, {
      ...options,
      onIndexProgress: (done, total) => bar.update(done, total),
      onEvent: (event) => {
        if (event.type === "phase" && event.phase === "load-snapshots") bar.finish();
        reporter?.onEvent(event);
        if (reporter === undefined && event.type === "error") output.error(event.message);
      },
    });
    reporter?.finish(summary);
  } catch (error) {
    bar.stop();
    reporter?.stop();
    // restic says this one without "Fatal".
    if (isTasticError(error, "invalid-argument")) throw plain(error.message, { cause: error });
    throw error;
  }
}
