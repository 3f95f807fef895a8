/**
 * Marking all blobs that trees use: what `check` looks at, and what `prune` keeps. Each tree is visited once, however
 * many snapshots share it.
 */
import { messageOf } from "@tastic/errors";
import { idToBytes, iterateTree } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import { DATA, TREE } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import type { BlobMarks } from "./blob-marks.js";
import { throwIfCancelled } from "../cancellation.js";
import { blobIdOf } from "../tree-reader.js";

/** What is wrong with one tree. */
export interface TreeProblem {
  readonly tree: BlobId;
  /** As restic words them. */
  readonly problems: readonly string[];
  /** Is the tree itself not to be had? Otherwise its nodes are not as they should be. */
  readonly isUnreadable: boolean;
  /** Blobs of files that no index lists. */
  readonly missing: readonly BlobId[];
}

export interface MarkOptions {
  readonly signal?: AbortSignal;
  /** Called for each tree that is not as it should be; what can be visited still is. */
  onProblem(problem: TreeProblem): void;
  /** Called for each entry that is marked, trees and data. */
  onMarked?(entry: number): void;
}

/**
 * Marks the blobs that the tree `root` uses, at any depth. Trees that are marked already are not visited again.
 * @throws TasticError `cancelled`; whatever is wrong with a tree goes to `onProblem`
 */
export async function markTree(
  repository: Repository,
  marks: BlobMarks,
  root: BlobId,
  options: MarkOptions,
): Promise<void> {
  const { index } = repository;
  /** Trees to visit, as entries of the index: the latest first, so that the list stays short. */
  const waiting: number[] = [];
  const enter = (tree: BlobId): void => {
    const entry = index.find(idToBytes(tree), TREE);
    if (entry < 0) {
      const problems = [`id ${tree} not found in repository`];
      options.onProblem({ tree, problems, isUnreadable: true, missing: [] });
    } else if (marks.markEntry(entry)) {
      waiting.push(entry);
      options.onMarked?.(entry);
    }
  };
  const visit = async (entry: number): Promise<void> => {
    const tree = blobIdOf(repository, entry);
    const problems: string[] = [];
    const subtrees: BlobId[] = [];
    const missing: BlobId[] = [];
    let isUnreadable = false;
    const content = (id: BlobId): boolean => {
      const blob = index.find(idToBytes(id), DATA);
      if (blob < 0) missing.push(id);
      else if (marks.markEntry(blob)) options.onMarked?.(blob);
      return blob >= 0;
    };
    try {
      const bytes = await repository.loadBlob("tree", tree, options.signal);
      for (const node of iterateTree(bytes, `tree ${tree}`)) {
        for (const problem of markNode(node, content)) problems.push(`tree ${tree}: ${problem}`);
        if (node.subtree !== undefined) subtrees.push(node.subtree);
      }
    } catch (error) {
      throwIfCancelled(options.signal, "reading trees");
      problems.push(messageOf(error));
      isUnreadable = true;
    }
    if (problems.length > 0) options.onProblem({ tree, problems, isUnreadable, missing });
    // Backwards, since the last is taken first.
    for (const subtree of subtrees.reverse()) enter(subtree);
  };
  enter(root);
  await visitAll(waiting, visit, repository.storage.connections, options.signal);
}

/** Visits what is waiting and what is added meanwhile, `connections` at a time. */
async function visitAll(
  waiting: number[],
  visit: (entry: number) => Promise<void>,
  connections: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const active = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  try {
    for (;;) {
      throwIfCancelled(signal, "reading trees");
      // Kept rather than left to the race, which never sees what fails while another one has just won it.
      if (failure !== undefined) throw failure.error;
      while (active.size < connections) {
        const entry = waiting.pop();
        if (entry === undefined) break;
        const visiting = visit(entry)
          .catch((error: unknown) => {
            failure ??= { error };
          })
          .finally(() => active.delete(visiting));
        active.add(visiting);
      }
      if (active.size === 0) return;
      await Promise.race(active);
    }
  } finally {
    await Promise.allSettled(active);
  }
}

/**
 * Marks the blobs of a node's content; yields what is wrong with the node itself.
 * @param mark tells whether the index has the blob
 */
function* markNode(node: Node, mark: (id: BlobId) => boolean): Generator<string> {
  const name = JSON.stringify(node.name);
  if (node.type === "dir") {
    if (node.subtree === undefined) yield `dir node ${name} has no subtree`;
  } else if (node.type === "file") {
    if (node.content === null) yield `file ${name} has nil blob list`;
    for (const id of node.content ?? []) {
      if (!mark(id)) yield `file ${name} blob ${id} not found in index`;
    }
  } else if (node.type === "irregular") {
    yield `node ${name} with invalid type "irregular"`;
  }
}
