/** `check`: looking for damage. */
import { check, findSnapshots, hireCheckers } from "@tastic/snapshots";
import type { CheckEvent, CheckOptions, CheckResult, ReadSelection } from "@tastic/snapshots";
import type { Repository } from "@tastic/repository";
import type { SnapshotId } from "@tastic/format";
import { withTemporaryCache } from "../cache.js";
import { defineCommand } from "../command.js";
import type { Context } from "../command.js";
import { heldBack } from "../held-back.js";
import { on, text } from "../flags.js";
import { openRepository, openSource, withLock, withLockAhead } from "../open-repository.js";
import { CheckReporter } from "../output/check-report.js";
import { repairFlags, sourceAt } from "../repository-source.js";
import { sumUp } from "../run-check.js";
import { checkAndRepair } from "../run-repair-from.js";
import { parseReadSubset } from "../read-subset.js";
import { filterOf, snapshotFlags } from "../snapshot-flags.js";
import { fatal } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags] [snapshotID ...]",
  description:
    "Checks that the repository is whole: its index, its packs, all snapshots and their folders; on demand also\nthe content of all files, by reading it. With --repair-from, what is damaged or missing is replaced with what another\nrepository has of it; damaged packs of which something is lost are copied into the current folder before they go.",
  flags: {
    readData: on("read all packs, and verify what is in them"),
    readDataSubset: text(
      "subset",
      "read a part of the packs: n/t for one of t parts, or x% or a size for some at random",
    ),
    withCache: on("trust the local cache"),
    ...repairFlags,
    dryRun: on("with --repair-from, change nothing, only tell what could be restored", { short: "n" }),
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
    if (flags.dryRun && flags.repairFrom === "") throw fatal("check flag --dry-run needs --repair-from");
    if (globals.noLock && flags.repairFrom !== "" && !flags.dryRun) {
      throw fatal("check --repair-from needs an exclusive lock, so that --no-lock cannot be used with it");
    }
    const filter = filterOf(flags);
    const chosen = args.length > 0 || filter.hosts.length + filter.tags.length + filter.paths.length > 0;
    const reporter = new CheckReporter(context, readData, chosen);
    const missing: string[] = [];
    const prepare = async (repository: Repository): Promise<CheckOptions> => {
      missing.length = 0;
      const note = (_: string, message: string): unknown => missing.push(message);
      const snapshots = chosen ? await findSnapshots(repository, args, filter, note) : undefined;
      await reporter.prepare(repository);
      return {
        ...(readData === undefined ? {} : { readData }),
        ...(snapshots === undefined ? {} : { snapshots: snapshots.map(({ id }): SnapshotId => id) }),
      };
    };
    // They start while the password is tried.
    const crew = readData === undefined || flags.repairFrom !== "" ? undefined : hireCheckers();
    let isFirst = true;
    const work = async (
      repository: Repository,
      signal: AbortSignal,
      onEvent = (event: CheckEvent): void => reporter.onEvent(event),
    ): Promise<CheckResult> => {
      // Whoever has to try again for the lock hires anew.
      const hired = crew !== undefined && isFirst ? { crew } : {};
      isFirst = false;
      return withMissing(
        await check(repository, { ...(await prepare(repository)), ...hired, signal, onEvent }),
        onEvent,
      );
    };
    // Who asks for what is not there, or cannot be read, is not told that all is well.
    const withMissing = (result: CheckResult, onEvent: (event: CheckEvent) => void): CheckResult => {
      for (const message of missing) onEvent({ type: "error", message: `error: ${message}` });
      return { ...result, errorCount: result.errorCount + missing.length };
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
    const repair = async (within: Context): Promise<CheckResult> => {
      const { repairFrom, dryRun } = flags;
      const other = await openSource(context, sourceAt(repairFrom, flags, context.environment));
      return withLock(context, other, "read", async (otherSignal) => {
        if (!globals.noLock) output.info("create exclusive lock for repository");
        const repository = await openRepository(within);
        const locked = { ...within, signal: otherSignal };
        return withLock(locked, repository, globals.noLock ? "none" : "exclusive", async (signal) => {
          const options = { ...(await prepare(repository)), signal };
          const result = await checkAndRepair(within, { repository, other, dryRun, reporter, options });
          return withMissing(result, (event) => reporter.onEvent(event));
        });
      });
    };
    const run = flags.repairFrom === "" ? begin : repair;
    try {
      await sumUp(context, reporter, () =>
        flags.withCache ? run(context) : withTemporaryCache(context, run),
      );
    } finally {
      await crew?.close();
    }
  },
});
