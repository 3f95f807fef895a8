/** `find`: files, folders and blobs in snapshots. */
import { parseTime } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { blobsOfPacks, find, findBlobs, findVersions, isInTime } from "@tastic/snapshots";
import type { ModificationTimes, PathHistory, StoredSnapshot, WantedBlobs } from "@tastic/snapshots";
import { normalize, resolve } from "node:path";
import { defineCommand } from "../command.js";
import type { Context } from "../command.js";
import { readFindTime } from "../find-time.js";
import { list, on, text } from "../flags.js";
import type { FlagValues } from "../flags.js";
import { withIndex } from "../open-repository.js";
import { FindReporter } from "../output/find-report.js";
import { printPacksOf } from "../output/pack-places.js";
import { VersionsReporter } from "../output/versions-report.js";
import { filterOf, findNamedSnapshots, snapshotFlags } from "../snapshot-flags.js";
import { fatal, orPlain, plain } from "../text-error.js";

const flags = {
  blob: on("look for blobs of data, by ID"),
  humanReadable: on("sizes with units"),
  ignoreCase: on("do not tell capital from small letters", { short: "i" }),
  long: on("with mode, owner, size and time", { short: "l" }),
  newest: text("time", "only what was modified then or before", { short: "N" }),
  oldest: text("time", "only what was modified then or after", { short: "O" }),
  pack: on("look for all blobs of packs, by ID"),
  reverse: on("oldest snapshots first", { short: "R" }),
  showPackId: on("with --blob or --tree: show which pack each is in"),
  snapshot: list("id", "search in this snapshot only (may be repeated)", { short: "s" }),
  tree: on("look for folders by the ID of their tree"),
  versions: on("show each version of a path, not a pattern: when it changed, and which snapshots have it"),
  ...snapshotFlags,
};

export const command = defineCommand({
  usage: "[flags] PATTERN...",
  description:
    "Looks for files and folders by name or path in all snapshots, or those that match the flags, newest first.\n" +
    "A pattern may have * and ?, and ** for any number of folders. IDs are whole or their first eight digits.\n" +
    "With --versions, what became of a path: each version, when it changed, and the snapshots that have it.",
  flags,
  async run(context, { flags: given, args }) {
    if (args.length === 0) throw fatal("wrong number of arguments");
    const oldest = readTime(given.oldest);
    const newest = readTime(given.newest);
    if (oldest !== undefined && newest !== undefined && oldest > newest) {
      throw fatal("--oldest must specify a time before --newest");
    }
    if (given.versions && (given.blob || given.tree || given.pack || given.ignoreCase)) {
      throw fatal("--versions cannot be used together with --blob, --tree, --pack and --ignore-case");
    }
    if (Number(given.blob) + Number(given.tree) + Number(given.pack) > 1) {
      throw fatal("cannot have several ID types");
    }
    if (given.versions) return showVersions(context, given, args, { oldest, newest });
    await withIndex(context, "read", async (repository, signal) => {
      const wanted = await wantedBlobs(context, repository, given, args, signal);
      const named = await findNamedSnapshots(context, repository, given.snapshot, filterOf(given));
      const snapshots = inOrder(named, given.reverse);
      const reporter = new FindReporter(context, given);
      if (wanted === undefined) {
        const times = { ...(oldest !== undefined && { oldest }), ...(newest !== undefined && { newest }) };
        const { ignoreCase } = given;
        const onEvent = reporter.onEvent.bind(reporter);
        await orPlain(find(repository, snapshots, { patterns: args, ignoreCase, ...times, signal, onEvent }));
        reporter.finish();
        return;
      }
      const onEvent = reporter.onBlobEvent.bind(reporter);
      // restic looks no further, although snapshots may have a tree in several places.
      const leaveOnceFound = given.tree;
      await orPlain(findBlobs(repository, snapshots, wanted, { leaveOnceFound, signal, onEvent }));
      reporter.finish();
      if (given.showPackId) printPacksOf(context, repository, wanted);
    });
  },
});

/** Which versions there are of paths. */
function showVersions(
  context: Context,
  given: FlagValues<typeof flags>,
  paths: readonly string[],
  times: ModificationTimes,
): Promise<void> {
  return withIndex(context, "read", async (repository, signal) => {
    const snapshots = await findNamedSnapshots(context, repository, given.snapshot, filterOf(given));
    const reporter = new VersionsReporter(context, snapshots.length, given.reverse);
    const unreadable = new Set<StoredSnapshot>();
    const onUnreadable = (snapshot: StoredSnapshot, message: string): void => {
      if (unreadable.has(snapshot)) return;
      unreadable.add(snapshot);
      context.output.error(`Unable to look into snapshot ${snapshot.id}: ${message}`);
    };
    for (const path of paths) {
      const histories: PathHistory[] = [];
      for (const place of placesInSnapshots(path)) {
        histories.push(await orPlain(findVersions(repository, snapshots, place, { signal, onUnreadable })));
      }
      const found = histories.filter(({ versions }) => versions.length > 0);
      for (const history of found.length > 0 ? found : histories.slice(0, 1)) {
        const versions = history.versions.filter(({ node }) => isInTime(node, times));
        reporter.history({ ...history, versions });
      }
    }
    reporter.finish();
    if (unreadable.size > 0) {
      throw plain(`${unreadable.size} of ${snapshots.length} snapshots could not be looked into`, {
        code: "incomplete",
        guidance: "Run `check`; `repair snapshots` removes what cannot be read.",
      });
    }
  });
}

/** A path as a shell completes it, which may also be one within snapshots of relative paths. */
function placesInSnapshots(path: string): string[] {
  if (path.startsWith("/")) return [path];
  const absolute = resolve(path);
  const place =
    process.platform === "win32" ? `/${absolute.replace(":", "").replaceAll("\\", "/")}` : absolute;
  const names = normalize(path).replaceAll("\\", "/").split("/");
  return names.includes("..") ? [place] : [place, `/${names.join("/")}`];
}

function readTime(given: string): bigint | undefined {
  return given === "" ? undefined : readFindTime(given);
}

/** What IDs to look for, if it is IDs. */
async function wantedBlobs(
  { output }: Context,
  repository: Repository,
  { blob, tree, pack }: FlagValues<typeof flags>,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<WantedBlobs | undefined> {
  if (blob) return { data: new Set(ids), trees: new Set() };
  if (tree) return { data: new Set(), trees: new Set(ids) };
  if (!pack) return undefined;
  return blobsOfPacks(repository, ids, {
    signal,
    onMissing: (packs) =>
      output.error(
        "some pack files are missing from the repository, getting their blobs from the repository index: " +
          `[${packs.join(" ")}]\n`,
      ),
  });
}

function inOrder(snapshots: readonly StoredSnapshot[], oldestFirst: boolean): StoredSnapshot[] {
  const direction = oldestFirst ? 1 : -1;
  const dated = snapshots.map((snapshot) => ({ snapshot, time: parseTime(snapshot.time) }));
  dated.sort((a, b) => direction * (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return dated.map(({ snapshot }) => snapshot);
}
