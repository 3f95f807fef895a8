/**
 * Finding what a path within a snapshot names.
 */
import { TasticError } from "@tastic/errors";
import { iterateTree } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import type { Repository } from "@tastic/repository";

/** The names of a path; empty ones and "." count for nothing. */
export function splitPath(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) {
    throw new TasticError("invalid-argument", `path ${path}: ".." has no meaning within a snapshot`, {
      guidance: "Write the path as `ls` shows it.",
    });
  }
  return names;
}

/** The node with this name, which ends the search through a sorted tree early if it is not there. */
export async function findNode(
  repository: Repository,
  treeId: BlobId,
  name: string,
  signal?: AbortSignal,
): Promise<Node | undefined> {
  const bytes = await repository.loadBlob("tree", treeId, signal);
  for (const node of iterateTree(bytes, `tree ${treeId}`)) if (node.name === name) return node;
  return undefined;
}

/**
 * The tree of a folder within a snapshot, as in `SNAPSHOT:FOLDER`. The index must be loaded.
 * @throws TasticError `not-found` if there is no such folder, `invalid-argument` if it is no folder
 */
export async function findSubtree(
  repository: Repository,
  treeId: BlobId,
  folder: string,
  signal?: AbortSignal,
): Promise<BlobId> {
  let tree = treeId;
  let reached = "";
  for (const name of splitPath(folder)) {
    reached = reached === "" ? name : `${reached}/${name}`;
    const node = await findNode(repository, tree, name, signal);
    const guidance = "Write the folder as `ls` shows it.";
    if (node === undefined) throw new TasticError("not-found", `path ${reached}: not found`, { guidance });
    if (node.type !== "dir" || node.subtree === undefined) {
      throw new TasticError("invalid-argument", `path ${reached}: not a directory`, { guidance });
    }
    tree = node.subtree;
  }
  return tree;
}
