/** `restore`: a snapshot, or a part of one, back to a folder. */
import {
  excludeFilter,
  findSnapshot,
  findSubtree,
  hireWriters,
  includeFilter,
  parsePatterns,
  restore,
} from "@tastic/snapshots";
import type { OverwriteMode, PatternFilter, RestoreEvent } from "@tastic/snapshots";
import type { Repository } from "@tastic/repository";
import { normalize, resolve } from "node:path";
import { defineCommand } from "../command.js";
import type { Invocation } from "../command.js";
import type { Environment } from "../environment.js";
import { heldBack } from "../held-back.js";
import { choice, list, on, text } from "../flags.js";
import { withIndexAhead } from "../open-repository.js";
import { RestoreReporter } from "../output/restore-report.js";
import { describeSnapshot } from "../output/snapshot-text.js";
import { filterOf, findOrFail, snapshotFlags } from "../snapshot-flags.js";
import { hasExcludes, hasIncludes, readExcludes, readIncludes } from "../read-patterns.js";
import { fatal, orPlain } from "../text-error.js";
import { workersFlag } from "../workers-flag.js";

const OVERWRITE_MODES: readonly OverwriteMode[] = ["always", "if-changed", "if-newer", "never"];

const flags = {
  delete: on("remove from the target what is not in the snapshot"),
  dryRun: on("write nothing, say what would be done"),
  exclude: list("pattern", "leave out what matches (may be repeated)", { short: "e" }),
  excludeFile: list("file", "read patterns for --exclude from this file (may be repeated)"),
  excludeXattr: list("pattern", "leave out extended attributes that match (may be repeated)"),
  iexclude: list("pattern", "as --exclude, for names in any case"),
  iexcludeFile: list("file", "as --exclude-file, for names in any case"),
  iinclude: list("pattern", "as --include, for names in any case"),
  iincludeFile: list("file", "as --include-file, for names in any case"),
  include: list("pattern", "restore only what matches (may be repeated)", { short: "i" }),
  includeFile: list("file", "read patterns for --include from this file (may be repeated)"),
  includeXattr: list("pattern", "restore only extended attributes that match (may be repeated)"),
  overwrite: choice(
    "behavior",
    "when to overwrite files: always, if-changed, if-newer or never",
    OVERWRITE_MODES,
    "always",
    "overwrite behavior",
  ),
  ownershipByName: on("find owners by name rather than by number"),
  sparse: on("leave holes where files are long runs of zeros"),
  target: text("directory", "the folder to restore to", { short: "t" }),
  verify: on("read what was written, and compare"),
  workers: workersFlag,
  ...snapshotFlags,
};
type RestoreValues = Invocation<typeof flags>["flags"];

export const command = defineCommand({
  usage: "[flags] snapshotID",
  description:
    'Writes the files of a snapshot to a folder. "latest" is the newest snapshot; SNAPSHOT:FOLDER restores only what is\nin that folder.',
  flags,
  async run(context, { flags: given, args }) {
    const name = checkUsage(given, args);
    const filter = await filterItems(given, context.environment);
    const includeAttribute = filterAttributes(given);
    const { output } = context;
    // They start while the password is tried.
    const crew = given.dryRun ? undefined : hireWriters(given.workers);
    let isFirst = true;
    const restoreOnce = async (
      repository: Repository,
      signal: AbortSignal,
      held: Promise<void>,
    ): Promise<void> => {
      // Whoever has to try again for the lock hires anew.
      const hired = crew !== undefined && isFirst ? { crew } : {};
      isFirst = false;
      const { snapshot, subfolder } = await findOrFail(findSnapshot(repository, name, filterOf(given)));
      const treeId = await orPlain(findSubtree(repository, snapshot.tree, subfolder, signal));
      const reporter = new RestoreReporter(context, given);
      void held.then(() => output.info(`restoring ${describeSnapshot(snapshot)} to ${given.target}`));
      const tell = heldBack(held, (event: RestoreEvent) => reporter.onEvent(event));
      try {
        const result = await restore(
          repository,
          { treeId },
          {
            target: resolve(given.target),
            overwrite: given.overwrite,
            delete: given.delete,
            dryRun: given.dryRun,
            sparse: given.sparse,
            verify: given.verify,
            ownershipByName: given.ownershipByName,
            held,
            signal,
            onEvent: tell,
            ...(given.workers === undefined ? {} : { workers: given.workers }),
            ...hired,
            ...(filter === undefined ? {} : { filter }),
            ...(includeAttribute === undefined ? {} : { includeAttribute }),
          },
        );
        reporter.summary(result);
        if (result.errorCount > 0) throw fatal(`There were ${result.errorCount} errors`);
      } finally {
        reporter.stop();
      }
    };
    try {
      await withIndexAhead(context, "read", restoreOnce);
    } finally {
      await crew?.close();
    }
  },
});

/** The snapshot's name. */
function checkUsage(given: RestoreValues, args: readonly string[]): string {
  const [name] = args;
  const [excludes, includes] = [hasExcludes(given), hasIncludes(given)];
  if (name === undefined) throw fatal("no snapshot ID specified");
  if (args.length > 1) throw fatal(`more than one snapshot ID specified: [${args.join(" ")}]`);
  if (given.target === "") throw fatal("please specify a directory to restore to (--target)");
  if (excludes && includes) throw fatal("exclude and include patterns are mutually exclusive");
  if (isGiven(given.excludeXattr) && isGiven(given.includeXattr)) {
    throw fatal("exclude and include xattr patterns are mutually exclusive");
  }
  if (given.dryRun && given.verify) throw fatal("--dry-run and --verify are mutually exclusive");
  if (given.delete && normalize(given.target) === "/" && !excludes && !includes) {
    throw fatal("'--target / --delete' must be combined with an include or exclude filter");
  }
  return name;
}

async function filterItems(
  given: RestoreValues,
  environment: Environment,
): Promise<PatternFilter | undefined> {
  const excludes = await readExcludes(given, environment);
  if (excludes.length > 0) return excludeFilter(excludes);
  // Include files without a pattern in them include nothing.
  return hasIncludes(given) ? includeFilter(await readIncludes(given, environment)) : undefined;
}

function filterAttributes({
  excludeXattr,
  includeXattr,
}: RestoreValues): ((name: string) => boolean) | undefined {
  if (!isGiven(excludeXattr) && !isGiven(includeXattr)) return undefined;
  const filter = isGiven(excludeXattr)
    ? excludeFilter([parsePatterns(excludeXattr, { flag: "--exclude-xattr" })])
    : includeFilter([parsePatterns(includeXattr, { flag: "--include-xattr" })]);
  return (name) => filter.selects(`/${name}`, false).selected;
}

function isGiven(values: readonly string[]): boolean {
  return values.length > 0;
}
