/**
 * Walking through a snapshot's folders in the order that `ls` lists them.
 */
import { TasticError } from "@tastic/errors";
import { iterateTree } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { posix } from "node:path";
import { throwIfCancelled } from "./cancellation.js";
import { splitPath } from "./find-tree.js";
import { TreeReader } from "./tree-reader.js";
import { lookingAhead, noSubtree } from "./visit-tree.js";

/** What of a tree to walk through. */
export interface WalkOptions {
  /** List only these folders and files, absolute paths within the walked tree, and what lies directly in them. */
  readonly paths?: readonly string[];
  /** With `paths`: all that lies in them, at any depth. Without `paths`, all is listed anyway. */
  readonly recursive?: boolean;
  /** With `paths`: also the folders on the way there. */
  readonly ancestors?: boolean;
  readonly signal?: AbortSignal;
}

/** A file, folder or whatever else, and where it is. */
export interface WalkedNode {
  /** Absolute within the walked tree, such as "/home/x". */
  readonly path: string;
  readonly node: Node;
}

/**
 * All nodes below a tree, or those that `paths` ask for; a folder before what it holds. The index must be loaded.
 * @throws TasticError `invalid-argument` for a path that is not absolute, those of trees that cannot be read
 */
export async function* walkTree(
  repository: Repository,
  treeId: BlobId,
  options: WalkOptions = {},
): AsyncGenerator<WalkedNode, void, undefined> {
  const choice = chooser(options);
  const trees = new TreeReader(repository, options.signal);
  yield* walkFolder(trees, treeId, await trees.load(treeId), "", choice, options.signal);
}

/** What to do with a path: list it, look into it. */
interface Choice {
  lists(path: string): boolean;
  enters(path: string): boolean;
}

async function* walkFolder(
  trees: TreeReader,
  treeId: BlobId,
  bytes: Uint8Array,
  folder: string,
  choice: Choice,
  signal: AbortSignal | undefined,
): AsyncGenerator<WalkedNode, void, undefined> {
  const nodes = iterateTree(bytes, `tree ${treeId}`);
  for (const node of lookingAhead(nodes, (next) => {
    if (next.type === "dir" && next.subtree !== undefined && choice.enters(`${folder}/${next.name}`)) {
      trees.expect(next.subtree);
    }
  })) {
    throwIfCancelled(signal, "listing the snapshot");
    const path = `${folder}/${node.name}`;
    if (node.type !== "dir" || !choice.enters(path)) {
      if (choice.lists(path)) yield { path, node };
      continue;
    }
    if (node.subtree === undefined) throw noSubtree(path, treeId);
    // First, so that a folder that cannot be read is not listed as if it could.
    const below = await trees.load(node.subtree);
    if (choice.lists(path)) yield { path, node };
    yield* walkFolder(trees, node.subtree, below, path, choice, signal);
  }
}

function chooser({ paths = [], recursive = false, ancestors = false }: WalkOptions): Choice {
  if (paths.length === 0) return { lists: () => true, enters: () => true };
  const wanted = paths.map((path) => {
    if (!path.startsWith("/")) {
      throw new TasticError(
        "invalid-argument",
        "All path filters must be absolute, starting with a forward slash '/'",
        {
          guidance: "Write the paths as `ls` shows them.",
        },
      );
    }
    return splitPath(posix.normalize(path))
      .map((name) => `/${name}`)
      .join("");
  });
  const isWanted = (path: string): boolean => wanted.some((wish) => isWithin(path, wish));
  const leadsTo = (path: string): boolean => wanted.some((wish) => isWithin(wish, path));
  const lists = (path: string): boolean => isWanted(path) || (ancestors && leadsTo(path));
  return { lists, enters: (path) => leadsTo(path) || (recursive && isWanted(path)) };
}

/** Is `path` this folder or something below it? */
function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder) && (path.length === folder.length || path[folder.length] === "/");
}
