/** `check`: looking for damage. */
import { isTasticError } from "@tastic/errors";
import { check } from "@tastic/snapshots";
import type { CheckResult, ReadSelection } from "@tastic/snapshots";
import type { Repository } from "@tastic/repository";
import type { SnapshotId } from "@tastic/format";
import { withTemporaryCache } from "../cache.js";
import { defineCommand } from "../command.js";
import type { Context } from "../command.js";
import { on, text } from "../flags.js";
import { openRepository, withLock } from "../open-repository.js";
import { CheckReporter } from "../output/check-report.js";
import { parseReadSubset } from "../read-subset.js";
import { filterOf, findNamedSnapshots, snapshotFlags } from "../snapshot-flags.js";
import { fatal } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags] [snapshotID ...]",
  description:
    "Checks that the repository is whole: its index, its packs, all snapshots and their folders; on demand also\nthe content of all files, by reading it.",
  flags: {
    readData: on("read all packs, and verify what is in them"),
    readDataSubset: text(
      "subset",
      "read a part of the packs: n/t for one of t parts, or x% or a size for some at random",
    ),
    withCache: on("trust the local cache"),
    ...snapshotFlags,
    checkUnused: on("accepted for older scripts", {
      deprecated: "`--check-unused` is deprecated and will be ignored",
    }),
  },
  async run(context, { flags, args }) {
    if (flags.readData && flags.readDataSubset !== "") {
      throw fatal("check flags --read-data and --read-data-subset cannot be used together");
    }
    const readData: ReadSelection | undefined = flags.readData
      ? { kind: "all" }
      : flags.readDataSubset === ""
        ? undefined
        : parseReadSubset(flags.readDataSubset);
    const { output, globals } = context;
    const reporter = new CheckReporter(context, readData);
    const work = async (repository: Repository, signal: AbortSignal): Promise<CheckResult> => {
      const filter = filterOf(flags);
      const chosen = args.length > 0 || filter.hosts.length + filter.tags.length + filter.paths.length > 0;
      const snapshots = chosen ? await findNamedSnapshots(context, repository, args, filter) : undefined;
      await reporter.prepare(repository);
      return check(repository, {
        signal,
        onEvent: (event) => reporter.onEvent(event),
        ...(readData === undefined ? {} : { readData }),
        ...(snapshots === undefined ? {} : { snapshots: snapshots.map(({ id }): SnapshotId => id) }),
      });
    };
    const begin = async (within: Context): Promise<CheckResult> => {
      if (!globals.noLock) output.info("create exclusive lock for repository");
      const repository = await openRepository(within);
      return withLock(within, repository, globals.noLock ? "none" : "exclusive", (signal) =>
        work(repository, signal),
      );
    };
    let result: CheckResult;
    try {
      result = await (flags.withCache ? begin(context) : withTemporaryCache(context, begin));
    } catch (error) {
      reporter.stop();
      if (output.json && isTasticError(error)) reporter.summary(FAILED);
      throw error;
    }
    reporter.stop();
    reporter.summary(result);
    if (result.errorCount > 0) throw fatal("repository contains errors", { code: "damaged-repository" });
    output.info("no errors were found");
  },
});

/** What restic sums up when it could not even begin. */
const FAILED: CheckResult = {
  errorCount: 1,
  brokenPacks: [],
  suggestRepairIndex: false,
  suggestPrune: false,
};
