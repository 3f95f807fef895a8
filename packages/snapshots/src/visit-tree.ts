/**
 * Visiting all nodes below a tree in the order of their names, a folder before what it holds: what `find` and `stats`
 * are made of. Unlike `walkTree`, it can go on where a folder cannot be read, and says when a folder is left.
 */
import { TasticError } from "@tastic/errors";
import { iterateTree } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { throwIfCancelled } from "./cancellation.js";
import { TreeReader } from "./tree-reader.js";

/** Nodes that are decoded beyond the current one, to know which trees come next. */
const LOOK_AHEAD = 64;

export interface TreeVisitor {
  /** Whether to look into a folder. May be asked ahead of its turn, and more than once. */
  enters(path: string, folder: Node): boolean;
  /** A node of `tree`; a folder that is entered only once its own tree has been loaded. "stop" ends the visit. */
  onNode(path: string, node: Node, tree: BlobId): void | "stop";
  /** The tree of a folder (or `root` itself, with the path "/") cannot be loaded. Throws, or goes on without it. */
  onUnreadable(path: string, tree: BlobId, parent: BlobId, error: unknown): void;
  /** Before the first node of a tree. "stop" ends the visit. */
  onEnter?(tree: BlobId, path: string): void | "stop";
  /** After the last node of a tree, and of all below it. */
  onLeave?(tree: BlobId, path: string): void;
}

export interface VisitOptions {
  readonly signal?: AbortSignal | undefined;
  /** What is given up when the signal is aborted, such as "the search". */
  readonly what: string;
}

/**
 * Visits the nodes below `root`. The index must be loaded. Returns false if the visitor stopped it.
 * @throws TasticError `cancelled`; those of a tree that is not what a tree must be; whatever the visitor throws
 */
export async function visitTree(
  repository: Repository,
  root: BlobId,
  visitor: TreeVisitor,
  options: VisitOptions,
): Promise<boolean> {
  const trees = new TreeReader(repository, options.signal);
  const bytes = await loadOr(trees, root, options, (error) => visitor.onUnreadable("/", root, root, error));
  return bytes === undefined || visitFolder(trees, { tree: root, bytes, folder: "" }, visitor, options);
}

interface Folder {
  readonly tree: BlobId;
  readonly bytes: Uint8Array;
  /** Its path; empty for the root. */
  readonly folder: string;
}

async function visitFolder(
  trees: TreeReader,
  { tree, bytes, folder }: Folder,
  visitor: TreeVisitor,
  options: VisitOptions,
): Promise<boolean> {
  if (visitor.onEnter?.(tree, folder === "" ? "/" : folder) === "stop") return false;
  const expect = (next: Node): void => {
    if (next.subtree !== undefined && visitor.enters(`${folder}/${next.name}`, next))
      trees.expect(next.subtree);
  };
  for (const node of lookingAhead(iterateTree(bytes, `tree ${tree}`), expect)) {
    throwIfCancelled(options.signal, options.what);
    const path = `${folder}/${node.name}`;
    if (node.type !== "dir" || !visitor.enters(path, node)) {
      if (visitor.onNode(path, node, tree) === "stop") return false;
      continue;
    }
    const { subtree } = node;
    if (subtree === undefined) throw noSubtree(path, tree);
    const below = await loadOr(trees, subtree, options, (error) =>
      visitor.onUnreadable(path, subtree, tree, error),
    );
    if (below === undefined) continue;
    if (visitor.onNode(path, node, tree) === "stop") return false;
    const next = { tree: subtree, bytes: below, folder: path };
    if (!(await visitFolder(trees, next, visitor, options))) return false;
  }
  visitor.onLeave?.(tree, folder === "" ? "/" : folder);
  return true;
}

async function loadOr(
  trees: TreeReader,
  tree: BlobId,
  { signal, what }: VisitOptions,
  onFailure: (error: unknown) => void,
): Promise<Uint8Array | undefined> {
  try {
    return await trees.load(tree);
  } catch (error) {
    throwIfCancelled(signal, what);
    onFailure(error);
    return undefined;
  }
}

/** The same nodes; each is shown to `see` a little before its turn. */
export function* lookingAhead(
  nodes: Iterable<Node>,
  see: (node: Node) => void,
): Generator<Node, void, undefined> {
  let queue: Node[] = [];
  for (const node of nodes) {
    see(node);
    queue.push(node);
    if (queue.length < LOOK_AHEAD) continue;
    yield* queue;
    queue = [];
  }
  yield* queue;
}

export function noSubtree(path: string, tree: BlobId): TasticError {
  return new TasticError(
    "damaged-repository",
    `tree ${tree}: folder ${JSON.stringify(path)} has no subtree`,
    { guidance: "Run `check`; `repair snapshots` removes what cannot be read." },
  );
}
