/** `forget`: removing snapshots, by policy or by name. */
import { TasticError } from "@tastic/errors";
import { checkPolicy, forget, GROUP_BY_HOST_AND_PATHS, parseGroupBy } from "@tastic/snapshots";
import type { ForgetResult } from "@tastic/snapshots";
import { defineCommand } from "../command.js";
import { list, on, parsed } from "../flags.js";
import { keepFlags, policyOf } from "../keep-flags.js";
import { withRepository } from "../open-repository.js";
import { ForgetReporter } from "../output/forget-report.js";
import { pruneFlags, readPruneLimits } from "../prune-flags.js";
import { runPrune } from "../run-prune.js";
import { filterOf, snapshotFlags } from "../snapshot-flags.js";
import { fatal, plain } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags] [snapshot ID] [...]",
  description:
    "Removes snapshots: those that are named, or of each group those that no --keep flag keeps. What only they refer to\nstays in the repository until prune, or goes at once with --prune.",
  flags: {
    ...keepFlags,
    unsafeAllowRemoveAll: on("without any --keep flag, remove all snapshots that match the flags"),
    ...snapshotFlags,
    // Its letter is that of --keep-hourly here.
    host: list("host", snapshotFlags.host.help, { variable: "HOST" }),
    hostname: list("host", "what --host was called once", { deprecated: "use --host" }),
    compact: on("fewer columns", { short: "c" }),
    groupBy: parsed(
      "group",
      "apply the policy to each host, paths and/or tags by itself, separated by commas (default: host,paths)",
      GROUP_BY_HOST_AND_PATHS,
      parseGroupBy,
      { short: "g" },
    ),
    dryRun: on("remove nothing, say what would be removed", { short: "n" }),
    prune: on("if snapshots were removed, remove what no other needs, too"),
    ...pruneFlags,
  },
  async run(context, { flags, args }) {
    const { dryRun } = flags;
    const { noLock } = context.globals;
    const policy = policyOf(flags);
    checkPolicy(policy);
    const limits = readPruneLimits(flags, context);
    if (noLock && !dryRun) {
      throw fatal("--no-lock is only applicable in combination with --dry-run for forget command");
    }
    const reporter = new ForgetReporter(context, flags);
    await withRepository(context, noLock ? "none" : "exclusive", async (repository, signal) => {
      try {
        const forgetting = forget(repository, {
          names: args,
          filter: filterOf({ ...flags, host: flags.hostname.length > 0 ? flags.hostname : flags.host }),
          policy,
          groupBy: flags.groupBy,
          allowRemoveAll: flags.unsafeAllowRemoveAll,
          dryRun,
          signal,
          onEvent: (event) => reporter.onEvent(event),
        });
        const result = await inResticsWords(forgetting);
        reporter.finish(result);
        if (result.failed.length > 0) {
          throw plain("failed to remove one or more snapshots", {
            code: "incomplete",
            guidance: "They are still there: see above what the store said, then run forget again.",
          });
        }
        if (flags.prune && result.removed.length > 0) {
          const done = dryRun
            ? "would be removed, running prune dry run"
            : "have been removed, running prune";
          context.output.info(`${result.removed.length} snapshots ${done}`);
          const ignoreSnapshots = new Set(result.removed);
          await runPrune(
            context,
            repository,
            { ...limits, dryRun, ignoreSnapshots, signal },
            context.output.json,
          );
        }
      } finally {
        reporter.stop();
      }
    });
  },
});

/** restic has no "Fatal: " before its refusal to empty a group. */
function inResticsWords(forgetting: Promise<ForgetResult>): Promise<ForgetResult> {
  return forgetting.catch((error: unknown) => {
    if (!(error instanceof TasticError) || error.data["group"] === undefined) throw error;
    throw plain(error.message, { code: error.code, guidance: error.guidance, cause: error });
  });
}
