/** `check`: looking for damage. */
import { check, hireCheckers } from "@tastic/snapshots";
import type { CheckEvent, CheckResult, ReadSelection } from "@tastic/snapshots";
import type { Repository } from "@tastic/repository";
import type { SnapshotId } from "@tastic/format";
import { withTemporaryCache } from "../cache.js";
import { defineCommand } from "../command.js";
import { heldBack } from "../held-back.js";
import type { Context } from "../command.js";
import { on, text } from "../flags.js";
import { openRepository, withLock, withLockAhead } from "../open-repository.js";
import { CheckReporter } from "../output/check-report.js";
import { sumUp } from "../run-check.js";
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
    const filter = filterOf(flags);
    const chosen = args.length > 0 || filter.hosts.length + filter.tags.length + filter.paths.length > 0;
    // They start while the password is tried.
    const crew = readData === undefined ? undefined : hireCheckers();
    let isFirst = true;
    const work = async (
      repository: Repository,
      signal: AbortSignal,
      onEvent = (event: CheckEvent): void => reporter.onEvent(event),
    ): Promise<CheckResult> => {
      // Whoever has to try again for the lock hires anew.
      const hired = crew !== undefined && isFirst ? { crew } : {};
      isFirst = false;
      const snapshots = chosen ? await findNamedSnapshots(context, repository, args, filter) : undefined;
      await reporter.prepare(repository);
      return check(repository, {
        signal,
        onEvent,
        ...(readData === undefined ? {} : { readData }),
        ...hired,
        ...(snapshots === undefined ? {} : { snapshots: snapshots.map(({ id }): SnapshotId => id) }),
      });
    };
    const begin = async (within: Context): Promise<CheckResult> => {
      if (!globals.noLock) output.info("create exclusive lock for repository");
      const repository = await openRepository(within);
      const kind = globals.noLock ? "none" : "exclusive";
      // Which snapshots are chosen may be worth a warning, which has to wait for the lock.
      if (chosen) return withLock(within, repository, kind, (signal) => work(repository, signal));
      const ahead = (signal: AbortSignal, held: Promise<void>): Promise<CheckResult> =>
        work(
          repository,
          signal,
          heldBack(held, (event) => reporter.onEvent(event)),
        );
      return withLockAhead(within, repository, kind, ahead, (found) => Promise.resolve(found));
    };
    try {
      await sumUp(context, reporter, () =>
        flags.withCache ? begin(context) : withTemporaryCache(context, begin),
      );
    } finally {
      await crew?.close();
    }
  },
});
