/** `copy`: snapshots from one repository to another. */
import { copy } from "@tastic/snapshots";
import type { CopyResult } from "@tastic/snapshots";
import type { Repository } from "@tastic/repository";
import { defineCommand } from "../command.js";
import { loadIndex, openRepository, openSource, withLock } from "../open-repository.js";
import { CopyReporter } from "../output/copy-report.js";
import { fromFlags, secondSource } from "../repository-source.js";
import { filterOf, findNamedSnapshots, snapshotFlags } from "../snapshot-flags.js";

export const command = defineCommand({
  usage: "[flags] [snapshotID ...]",
  description:
    "Copies snapshots from another repository to this one: all, or those that are named or match the flags. What\n" +
    "was copied before is skipped. Files are not cut anew; see `init --copy-chunker-params`.",
  flags: { ...fromFlags, ...snapshotFlags },
  async run(context, { flags, args }) {
    const filter = filterOf(flags);
    const reporter = new CopyReporter(context);
    const work = async (
      source: Repository,
      destination: Repository,
      signal: AbortSignal,
    ): Promise<CopyResult> => {
      // Before the indexes, so that these know all that the snapshots need.
      const snapshots = await findNamedSnapshots(context, source, args, filter);
      const existing = await findNamedSnapshots(context, destination, [], filter);
      await loadIndex(context, source, signal);
      await loadIndex(context, destination, signal);
      return copy(source, destination, snapshots, existing, {
        signal,
        onEvent: (event) => reporter.onEvent(event),
      });
    };
    try {
      const second = secondSource(flags, context.environment);
      const openSecond = (): Promise<Repository> => openSource(context, second);
      const openMain = (): Promise<Repository> => openRepository(context);
      const source = await (second.isTarget ? openMain() : openSecond());
      const result = await withLock(context, source, "read", async (sourceSignal) => {
        const destination = await (second.isTarget ? openSecond() : openMain());
        return withLock({ ...context, signal: sourceSignal }, destination, "append", (signal) =>
          work(source, destination, signal),
        );
      });
      reporter.finish(result);
    } finally {
      reporter.stop();
    }
  },
});
