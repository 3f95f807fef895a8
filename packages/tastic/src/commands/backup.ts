/** `backup`: files and folders, or a stream, into a new snapshot. */
import { isTasticError, messageOf } from "@tastic/errors";
import {
  WalkAhead,
  backup,
  createExcludeRules,
  findSnapshot,
  parseGroupBy,
  parseTagList,
  parseLocalTime,
} from "@tastic/snapshots";
import type { BackupEvent, BackupOptions, BackupResult, GroupBy } from "@tastic/snapshots";
import type { Repository } from "@tastic/repository";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { AlsoTo, alsoToFlags } from "../also-to.js";
import { collectSources } from "../backup-sources.js";
import { defineCommand } from "../command.js";
import type { Context, Invocation } from "../command.js";
import { list, natural, on, parsed, text } from "../flags.js";
import { heldBack } from "../held-back.js";
import { withIndex, withIndexAhead } from "../open-repository.js";
import { BackupReporter } from "../output/backup-report.js";
import { setV8ForCommands } from "../v8-settings.js";
import { showsProgress } from "../output/progress-ticker.js";
import { excludeSources, plainIfUnread } from "../read-patterns.js";
import { readSize } from "../read-size.js";
import { fatal, isTextError, orPlain, plain, textOf } from "../text-error.js";
import { TASTIC_VERSION } from "../version.js";
import { workersFlag } from "../workers-flag.js";

const HOST_AND_PATHS: GroupBy = { host: true, paths: true, tags: false };

const UNREAD = "Warning: at least one source file could not be read";

const flags = {
  ...alsoToFlags,
  dryRun: on("store nothing, say what would be stored", { short: "n" }),
  exclude: list("pattern", "leave out what matches (may be repeated)", { short: "e" }),
  excludeCaches: on("leave out what is in folders with a CACHEDIR.TAG"),
  excludeFile: list("file", "read patterns for --exclude from this file (may be repeated)"),
  excludeGitignore: on("leave out what the .gitignore files met on the way name, as git does"),
  excludeIfPresent: list(
    "filename[:header]",
    "leave out what is in folders with such a file (may be repeated)",
  ),
  excludeLargerThan: text("size", "leave out files that are larger; k, M, G and T are powers of 1024"),
  filesFrom: list("file", "read what to back up from this file, as patterns (may be repeated)"),
  filesFromRaw: list("file", "the same, as paths that each end in a zero byte"),
  filesFromVerbatim: list("file", "the same, as one path a line"),
  force: on("read all files, whatever the parent snapshot says", { short: "f" }),
  groupBy: parsed("group", "find the parent by host, paths and/or tags", HOST_AND_PATHS, parseGroupBy, {
    short: "g",
  }),
  host: text("hostname", "the host that the snapshot notes", { short: "H", variable: "HOST" }),
  hostname: text("hostname", "the former name of --host", { deprecated: "use --host" }),
  iexclude: list("pattern", "as --exclude, for names in any case"),
  iexcludeFile: list("file", "as --exclude-file, for names in any case"),
  ignoreCtime: on("do not read a file again because its ctime differs", { variable: "IGNORE_CTIME" }),
  ignoreInode: on("do not read a file again because its inode or ctime differs", {
    variable: "IGNORE_INODE",
  }),
  noScan: on("do not count beforehand what there is to do"),
  oneFileSystem: on("stay on the file systems of what is named", { short: "x" }),
  parent: text("snapshot", "compare with this snapshot"),
  readConcurrency: natural("n", "read n files at once", 0, { variable: "READ_CONCURRENCY" }),
  skipIfUnchanged: on("make no snapshot that is the same as its parent"),
  stdin: on("back up what comes from standard input"),
  stdinFilename: text("filename", "what to call that file", { initial: "stdin" }),
  stdinFromCommand: on("run what follows as a command, and back up what it prints"),
  tag: list("tags", "tags of the snapshot, separated by commas (may be repeated)"),
  time: text("time", 'the time of the snapshot, such as "2012-11-01 22:08:41"'),
  withAtime: on("note when files were last read"),
  workers: workersFlag,
};
export type BackupValues = Invocation<typeof flags>["flags"];

export const command = defineCommand({
  usage: "[flags] [FILE/DIR] ...",
  description: "Saves files and folders as a new snapshot. Only what changed since the last one is stored.",
  flags,
  async run(context, { flags: given, args }) {
    const { output } = context;
    const alsoTo = new AlsoTo(context, given);
    const source = await collectSources(context, given, args);
    const tags = given.tag.flatMap(parseTagList).filter((tag) => tag !== "");
    const options = {
      tags,
      targets: source.targets,
      excludePatterns: given.exclude,
      groupBy: given.groupBy,
      force: given.force,
      ignoreCtime: given.ignoreCtime,
      ignoreInode: given.ignoreInode,
      withAtime: given.withAtime,
      dryRun: given.dryRun,
      skipIfUnchanged: given.skipIfUnchanged,
      noScan: !countsAhead(context, given),
      programVersion: `tastic ${TASTIC_VERSION}`,
      excludes: await excludeRules(context, given, source.targets),
      ...(given.time === "" ? {} : { time: parseLocalTime(given.time) }),
      ...(hostOf(given) === "" ? {} : { hostname: hostOf(given) }),
      ...workersOf(given),
    } satisfies Partial<BackupOptions>;

    const save = async (
      repository: Repository,
      how: Pick<BackupOptions, "parent" | "stdin" | "walk" | "held"> & { readonly signal: AbortSignal },
    ): Promise<void> => {
      const reporter = new BackupReporter(context, {
        targets: how.stdin === undefined ? source.targets : [`/${how.stdin.filename}`],
        dryRun: given.dryRun,
        noScan: !countsAhead(context, given),
        fromStream: how.stdin !== undefined,
        parentless: given.stdin,
      });
      const tell = (event: BackupEvent): void => reporter.onEvent(event);
      const tellOnceHeld = how.held === undefined ? tell : heldBack(how.held, tell);
      let result: BackupResult;
      try {
        result = await backup(repository, {
          ...options,
          ...how,
          onEvent: (event) => void (reporter.wants(event) && tellOnceHeld(event)),
        });
      } catch (error) {
        throw unsaved(error);
      } finally {
        reporter.stop();
      }
      reporter.summary(result);
      const incomplete = result.errorCount > 0 || source.incomplete();
      try {
        await copyOn(alsoTo, repository, result, given.dryRun, how.signal);
      } catch (error) {
        // Of the two, a missing copy is what the exit code tells.
        if (incomplete && !output.json) output.error(UNREAD);
        throw error;
      }
      if (incomplete) throw plain(UNREAD, { code: "incomplete" });
    };

    const kind = given.dryRun ? "none" : "append";
    if (source.open !== undefined) {
      await withIndex(context, kind, async (repository, signal) => {
        const parent = await namedParent(repository, given);
        if (!given.dryRun) await alsoTo.askPasswords();
        const stream = await source.open?.();
        try {
          await save(repository, { ...parent, signal, ...(stream && { stdin: stream }) });
        } finally {
          stream?.stop();
        }
      });
      return;
    }
    // While the password is tried there is time to walk, and while the lock settles to compare and to read.
    const walk = new WalkAhead(options);
    let isFirst = true;
    setV8ForCommands();
    walk.begin();
    try {
      if (alsoTo.asksPasswords && !given.dryRun) {
        await withIndex(context, kind, async (repository, signal) => {
          const parent = await namedParent(repository, given);
          await alsoTo.askPasswords();
          await save(repository, { ...parent, walk, signal });
        });
        return;
      }
      await withIndexAhead(context, kind, async (repository, signal, held) => {
        // Whoever has to try again for the lock walks anew.
        const begun = isFirst ? { walk } : {};
        isFirst = false;
        await save(repository, { ...(await namedParent(repository, given)), ...begun, signal, held });
      });
    } finally {
      walk.close();
    }
  },
});

/** An unchanged source has its snapshot already, which the others may lack. */
async function copyOn(
  alsoTo: AlsoTo,
  repository: Repository,
  { snapshotId, parentId }: BackupResult,
  dryRun: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (alsoTo.isEmpty) return;
  if (dryRun) return alsoTo.sayWouldCopy();
  const id = snapshotId ?? parentId;
  if (id !== undefined) await alsoTo.copyTo(repository, id, { isNew: snapshotId !== undefined, signal });
}

/** Only those who watch, or asked for every detail, learn what the count was. */
function countsAhead(context: Context, { noScan }: BackupValues): boolean {
  return !noScan && (showsProgress(context) || context.output.verbosity >= 2);
}

function excludeRules(
  { environment, output }: Context,
  given: BackupValues,
  targets: readonly string[],
): Promise<BackupOptions["excludes"]> {
  for (const mark of given.excludeIfPresent) checkMark(mark);
  const { excludeLargerThan } = given;
  return plainIfUnread(
    createExcludeRules({
      ...excludeSources(given),
      ifPresent: given.excludeIfPresent,
      caches: given.excludeCaches,
      environment: environment.all,
      warn: (message) => output.error(message),
      ...(excludeLargerThan === "" ? {} : { largerThan: readSize(excludeLargerThan, plain) }),
      ...(given.excludeGitignore ? { gitignore: targets.map((target) => resolve(target)) } : {}),
      ...(given.oneFileSystem ? { oneFileSystem: targets.map((target) => resolve(target)) } : {}),
    }),
  );
}

/** What follows `--exclude-if-present` has to begin with a name. */
function checkMark(mark: string): void {
  if (mark !== "" && !mark.startsWith(":")) return;
  throw plain(
    mark === "" ? "name for exclusion tagfile is empty" : "no name for exclusion tagfile provided",
    {
      guidance: "Give --exclude-if-present a file name, or a name and the file's beginning as name:header.",
    },
  );
}

function hostOf({ host, hostname }: BackupValues): string {
  return host === "" ? hostname : host;
}

/** The parent that the user named; the latest is what the backup itself looks for. */
async function namedParent(
  repository: Repository,
  { parent, force }: BackupValues,
): Promise<Pick<BackupOptions, "parent">> {
  if (parent === "" || parent === "latest" || force) return {};
  const { snapshot } = await orPlain(findSnapshot(repository, parent));
  return { parent: snapshot.id };
}

/** Each thread, the main one too, reads one file at a time; more of them than processors are of no use. */
function workersOf({ workers, readConcurrency }: BackupValues): { readonly workers?: number } {
  if (workers !== undefined) return { workers };
  return readConcurrency === 0 ? {} : { workers: Math.min(readConcurrency, availableParallelism()) - 1 };
}

/** restic says that it is the snapshot which is missing, whatever the reason. */
function unsaved(error: unknown): unknown {
  if (!isTasticError(error)) return error;
  const reason = isTextError(error) ? textOf(error) : messageOf(error);
  return fatal(`unable to save snapshot: ${reason}`, {
    code: error.code,
    guidance: error.guidance,
    cause: error,
  });
}
