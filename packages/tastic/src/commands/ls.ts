/** `ls`: the files of a snapshot. */
import type { Node } from "@tastic/format";
import { compareNames, parseTime } from "@tastic/format";
import { findSnapshot, findSubtree, walkTree } from "@tastic/snapshots";
import type { StoredSnapshot, WalkedNode } from "@tastic/snapshots";
import { defineCommand } from "../command.js";
import type { Context } from "../command.js";
import { choice, on } from "../flags.js";
import { withIndex } from "../open-repository.js";
import { quoteUnprintable } from "../output/file-name.js";
import { NcduWriter } from "../output/ncdu.js";
import { nodeJson } from "../output/node-json.js";
import { longLine } from "../output/node-text.js";
import { snapshotJson } from "../output/snapshot-json.js";
import { describeSnapshot } from "../output/snapshot-text.js";
import { filterOf, snapshotFlags } from "../snapshot-flags.js";
import { fatal, orPlain } from "../text-error.js";

const SORT_MODES = ["name", "size", "mtime", "atime", "ctime", "extension"] as const;
type SortMode = (typeof SORT_MODES)[number];

export const command = defineCommand({
  usage: "[flags] snapshotID [dir...]",
  description:
    'Lists the files and folders of a snapshot, or of folders in it, which are given as absolute paths.\n"latest" is the newest snapshot; SNAPSHOT:FOLDER is a part of one.',
  flags: {
    humanReadable: on("sizes with units"),
    long: on("with mode, owner, size and time", { short: "l" }),
    ncdu: on("print what ncdu imports"),
    recursive: on("list all that is in the folders given, at any depth"),
    reverse: on("in the opposite order"),
    sort: choice<SortMode>(
      "mode",
      "sort by name, size, time=mtime, atime, ctime or extension",
      SORT_MODES,
      "name",
      "sort mode",
      {
        short: "s",
        aliases: { time: "mtime" },
        shown: "name|size|time=mtime|atime|ctime|extension",
      },
    ),
    ...snapshotFlags,
  },
  async run(context, { flags, args }) {
    const [name, ...paths] = args;
    if (name === undefined) {
      throw fatal("no snapshot ID specified, specify snapshot ID or use special ID 'latest'");
    }
    if (paths.some((path) => !path.startsWith("/"))) {
      throw fatal("All path filters must be absolute, starting with a forward slash '/'");
    }
    if (flags.ncdu && context.output.json) throw fatal("only either '--json' or '--ncdu' can be specified");
    const ordered = flags.sort !== "name" || flags.reverse;
    if (flags.ncdu && ordered) {
      const flag = flags.sort === "name" ? "--reverse" : "--sort";
      throw fatal(`${flag} and --ncdu are mutually exclusive`);
    }

    await withIndex(context, "read", async (repository, signal) => {
      const { snapshot, subfolder } = await orPlain(findSnapshot(repository, name, filterOf(flags)));
      const tree = await orPlain(findSubtree(repository, snapshot.tree, subfolder, signal));
      const printer = createPrinter(context, flags, paths);
      printer.begin({ ...snapshot, tree });
      const { recursive, ncdu } = flags;
      const nodes = walkTree(repository, tree, { paths, recursive, ancestors: ncdu, signal });
      await orPlain(ordered ? printInOrder(nodes, flags, printer) : printAll(nodes, printer));
      printer.end();
    });
  },
});

async function printAll(nodes: AsyncIterable<WalkedNode>, printer: Printer): Promise<void> {
  for await (const { path, node } of nodes) printer.node(path, node);
}

async function printInOrder(
  nodes: AsyncIterable<WalkedNode>,
  { sort, reverse }: { readonly sort: SortMode; readonly reverse: boolean },
  printer: Printer,
): Promise<void> {
  const all: WalkedNode[] = [];
  for await (const node of nodes) all.push(node);
  // By name is how they come.
  if (sort !== "name") all.sort(comparing(sort));
  if (reverse) all.reverse();
  for (const { path, node } of all) printer.node(path, node);
}

interface Printer {
  begin(snapshot: StoredSnapshot): void;
  node(path: string, node: Node): void;
  end(): void;
}

function createPrinter(
  { output }: Context,
  flags: { readonly ncdu: boolean; readonly long: boolean; readonly humanReadable: boolean },
  paths: readonly string[],
): Printer {
  if (flags.ncdu) {
    const ncdu = new NcduWriter();
    return {
      begin: (snapshot) => output.text(ncdu.begin(snapshot)),
      node: (path, node) => output.text(ncdu.node(path, node)),
      end: () => output.result(ncdu.end()),
    };
  }
  if (output.json) {
    return {
      begin: (snapshot) =>
        output.result(snapshotJson(snapshot, ',"message_type":"snapshot","struct_type":"snapshot"')),
      node: (path, node) => output.result(nodeJson(path, node)),
      end: () => undefined,
    };
  }
  // Other programs get names as they are; a terminal would act on what is in them.
  const shown = output.onTerminal ? quoteUnprintable : (path: string): string => path;
  return {
    begin: (snapshot) => output.info(`${describeSnapshot(snapshot)} filtered by [${paths.join(" ")}]:`),
    node: (path, node) =>
      output.result(flags.long ? longLine(shown(path), node, flags.humanReadable) : shown(path)),
    end: () => undefined,
  };
}

/** By what is asked for, and what is alike by path. */
function comparing(mode: Exclude<SortMode, "name">): (a: WalkedNode, b: WalkedNode) => number {
  const compare = COMPARISONS[mode];
  return (a, b) => compare(a.node, b.node) || compareNames(a.path, b.path);
}

const COMPARISONS: Readonly<Record<Exclude<SortMode, "name">, (a: Node, b: Node) => number>> = {
  size: (a, b) => (a.size ?? 0) - (b.size ?? 0),
  extension: (a, b) => compareNames(extensionOf(a), extensionOf(b)),
  mtime: (a, b) => compareTimes(a.mtime, b.mtime),
  atime: (a, b) => compareTimes(a.atime, b.atime),
  ctime: (a, b) => compareTimes(a.ctime, b.ctime),
};

/** As Go has it: of a name that begins with its only point, all. */
function extensionOf({ name }: Node): string {
  const point = name.lastIndexOf(".");
  return point === -1 ? "" : name.slice(point);
}

function compareTimes(a: string, b: string): number {
  const [left, right] = [parseTime(a), parseTime(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
