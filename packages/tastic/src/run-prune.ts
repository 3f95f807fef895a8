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
 * What `forget --prune` does after it forgot. With `--json`, restic says nothing about it: programs read what is printed
 * as one JSON value.
 * @param repository of no more use afterwards but to be unlocked
 */
export async function runPrune(
  context: Context,
  repository: Repository,
  options: Omit<PruneOptions, "onEvent" | "onIndexProgress">,
): Promise<void> {
  const { output } = context;
  const reporter = output.json ? undefined : new PruneReporter(context, options.dryRun ?? false);
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
