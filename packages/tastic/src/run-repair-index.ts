/**
 * Repairing the index of a repository that is open and locked, with all that is said about it.
 */
import { repairIndex } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import type { Context } from "./command.js";
import { indexBar } from "./open-repository.js";
import { RepairReporter } from "./output/repair-report.js";

/**
 * @param repository of no more use afterwards but to be unlocked
 * @returns what can sum it up
 */
export async function runRepairIndex(
  context: Context,
  repository: Repository,
  readAllPacks: boolean,
  signal: AbortSignal,
): Promise<RepairReporter> {
  const reporter = new RepairReporter(context);
  const bar = indexBar(context);
  try {
    await repairIndex(repository, {
      readAllPacks,
      signal,
      onIndexProgress: (done, total) => bar.update(done, total),
      onEvent: (event) => {
        if (event.type === "phase" && event.phase === "list-packs") {
          if (readAllPacks) bar.stop();
          else bar.finish();
        }
        reporter.onEvent(event);
      },
    });
  } finally {
    bar.stop();
    reporter.stop();
  }
  return reporter;
}
