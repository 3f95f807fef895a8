/** `rewrite`: snapshots without some files, or of another host or time. */
import { formatTime, quoteName } from "@tastic/format";
import { excludeFilter, includeFilter, parseLocalTime, rewriteSnapshots } from "@tastic/snapshots";
import type { RewriteEvent, RewriteOptions } from "@tastic/snapshots";
import { defineCommand } from "../command.js";
import type { Invocation } from "../command.js";
import type { Environment } from "../environment.js";
import { list, on, text } from "../flags.js";
import { withIndex } from "../open-repository.js";
import type { LockKind } from "../open-repository.js";
import type { Output } from "../output/output.js";
import { reportChanged, reportReplacement, snapshotError } from "../output/replace-report.js";
import { say } from "../output/say.js";
import { describeSnapshot } from "../output/snapshot-text.js";
import { hasExcludes, hasIncludes, readExcludes, readIncludes } from "../read-patterns.js";
import { filterOf, findNamedSnapshots, snapshotFlags } from "../snapshot-flags.js";
import { fatal } from "../text-error.js";

const flags = {
  dryRun: on("change nothing, only tell what would be done", { short: "n" }),
  exclude: list("pattern", "leave out what matches (may be repeated)", { short: "e" }),
  excludeFile: list("file", "read patterns for --exclude from this file (may be repeated)"),
  forget: on("remove the old snapshots once the new ones are saved"),
  iexclude: list("pattern", "as --exclude, for names in any case"),
  iexcludeFile: list("file", "as --exclude-file, for names in any case"),
  iinclude: list("pattern", "as --include, for names in any case"),
  iincludeFile: list("file", "as --include-file, for names in any case"),
  include: list("pattern", "keep only what matches (may be repeated)", { short: "i" }),
  includeFile: list("file", "read patterns for --include from this file (may be repeated)"),
  newHost: text("host", "have this host name"),
  newTime: text("time", 'have this time, such as "2012-11-01 22:08:41"'),
  snapshotSummary: on("count files and bytes, for snapshots that do not say how many there are", {
    short: "s",
  }),
  ...snapshotFlags,
};
type Values = Invocation<typeof flags>["flags"];

export const command = defineCommand({
  usage: "[flags] [snapshotID ...]",
  description:
    "Makes new snapshots of those that are named or match the flags, or of all: without some files, or with another host\nor time. They have the tag `rewrite`, unless the old ones are removed with --forget.",
  flags,
  async run(context, { flags: given, args }) {
    const { output, globals } = context;
    const { dryRun, forget } = given;
    const [excludes, includes] = [hasExcludes(given), hasIncludes(given)];
    const hasMetadata = given.newHost !== "" || given.newTime !== "";
    if (!given.snapshotSummary && !excludes && !includes && !hasMetadata)
      throw fatal("Nothing to do: no excludes/includes provided and no new metadata provided");
    if (excludes && includes) throw fatal("exclude and include patterns are mutually exclusive");
    // Before anything is locked, which restic does for each snapshot.
    const filter = await readFilter(given, context.environment);
    const time = given.newTime === "" ? undefined : formatTime(parseLocalTime(given.newTime));
    if (forget) say(output, 1, "create exclusive lock for repository");
    const kind: LockKind = dryRun && globals.noLock ? "none" : forget ? "exclusive" : "append";
    await withIndex(context, kind, async (repository, signal) => {
      const snapshots = await findNamedSnapshots(context, repository, args, filterOf(given));
      try {
        const changed = await rewriteSnapshots(repository, snapshots, {
          signal,
          dryRun,
          forget,
          filter,
          time,
          hostname: given.newHost === "" ? undefined : given.newHost,
          summary: given.snapshotSummary,
          onEvent: (event) => report(output, event),
        });
        reportChanged(output, changed, dryRun);
      } catch (error) {
        throw snapshotError(error);
      }
    });
  },
});

async function readFilter(given: Values, environment: Environment): Promise<RewriteOptions["filter"]> {
  if (hasExcludes(given))
    return { kind: "exclude", patterns: excludeFilter(await readExcludes(given, environment)) };
  if (!hasIncludes(given)) return undefined;
  return { kind: "include", patterns: includeFilter(await readIncludes(given, environment)) };
}

const PATHS = { excluding: "excluding", including: "including", "including-folder": "including directory" };

function report(output: Output, event: RewriteEvent): void {
  switch (event.type) {
    case "snapshot":
      say(output, 1, `\n${describeSnapshot(event.snapshot)}`);
      break;
    case "excluding":
    case "including":
    case "including-folder":
      say(output, 3, `${PATHS[event.type]} "${quoteName(event.path)}"`);
      break;
    default:
      reportReplacement(output, event);
  }
}
