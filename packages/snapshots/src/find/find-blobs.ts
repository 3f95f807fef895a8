/**
 * `find --blob`, `--tree` and `--pack`: where snapshots use a blob.
 */
import { messageOf } from "@tastic/errors";
import { shortId } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import type { StoredSnapshot } from "../stored-snapshot.js";
import { visitTree } from "../visit-tree.js";
import { BarrenTrees } from "./barren-trees.js";
import type { FindBlobsOptions } from "./find-types.js";

/** Ids to look for: whole ones, or their first eight digits. Short ids of data become whole ones once they are found. */
export interface WantedBlobs {
  readonly data: Set<string>;
  readonly trees: Set<string>;
}

/**
 * Tells where each snapshot, in the order given, has the blobs. The index must be loaded.
 * @throws TasticError `cancelled`; those of a tree that is no tree
 */
export async function findBlobs(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  wanted: WantedBlobs,
  { leaveOnceFound = false, onEvent, signal }: FindBlobsOptions,
): Promise<void> {
  const barren = new BarrenTrees(repository, true);
  let treesFound = 0;
  for (const snapshot of snapshots) {
    const seeTree = (id: BlobId, path: string): void | "stop" => {
      if (!wanted.trees.has(id) && !wanted.trees.has(shortId(id))) return;
      barren.noteFind();
      onEvent({ type: "tree", id, path, snapshot });
      treesFound++;
      if (leaveOnceFound && treesFound >= wanted.trees.size) return "stop";
    };
    barren.begin();
    await visitTree(
      repository,
      snapshot.tree,
      {
        enters: (_, folder) => !barren.has(folder.subtree),
        onNode(path, node, tree) {
          if (node.type === "dir" && node.subtree !== undefined) return seeTree(node.subtree, path);
          if (node.type !== "file" || wanted.data.size === 0) return;
          for (const id of node.content ?? []) {
            if (!takeId(wanted.data, id)) continue;
            barren.noteFind();
            onEvent({ type: "data", id, path, tree, snapshot });
          }
        },
        onUnreadable(path, tree, parent, error) {
          barren.noteFind();
          onEvent({ type: "unreadable", snapshot, path, tree, parent, message: messageOf(error) });
        },
        onEnter(tree, path) {
          barren.enter(tree);
          // Of a folder, it was said with its node.
          if (path === "/") return seeTree(tree, path);
        },
        onLeave: (tree) => barren.leave(tree),
      },
      { signal, what: "the search" },
    );
  }
}

/** Is the id wanted? One that was wanted by its beginning is from now on by the whole of it. */
function takeId(wanted: Set<string>, id: BlobId): boolean {
  if (wanted.has(id)) return true;
  if (!wanted.delete(shortId(id))) return false;
  wanted.add(id);
  return true;
}
