/**
 * Making a snapshot of all folders that no snapshot and no other folder leads to: for when snapshots were removed by
 * mistake (restic's manual, "Troubleshooting").
 */
import { isTasticError, messageOf } from "@tastic/errors";
import {
  compareNames,
  formatTime,
  idFromBytes,
  idToBytes,
  iterateTree,
  MODE_DIR,
  shortId,
  TreeEncoder,
} from "@tastic/format";
import type { BlobId, Node, SnapshotId } from "@tastic/format";
import { currentUser, TREE } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { hostname } from "node:os";
import { throwIfCancelled } from "../cancellation.js";
import { listSnapshots } from "../snapshot-lookup.js";
import { blobIdOf } from "../tree-reader.js";

/** What a recovery tells. */
export type RecoverEvent =
  | { readonly type: "trees"; readonly done: number; readonly total: number }
  /** A tree could not be loaded; what is below it may be found all the same. */
  | { readonly type: "unreadable"; readonly tree: BlobId; readonly message: string }
  | { readonly type: "snapshots" }
  | { readonly type: "snapshot-failed"; readonly id: SnapshotId; readonly message: string }
  | { readonly type: "found"; readonly roots: readonly BlobId[] };

/** How to recover lost folders. */
export interface RecoverOptions {
  readonly signal?: AbortSignal | undefined;
  /** Is told what happens on the way. */
  readonly onEvent?: (event: RecoverEvent) => void;
}

/**
 * Recovers what no snapshot leads to. The index is loaded, and the caller holds a lock.
 * @returns the new snapshot; undefined where nothing is lost
 */
export async function recover(
  repository: Repository,
  { signal, onEvent }: RecoverOptions = {},
): Promise<SnapshotId | undefined> {
  const roots = await findRoots(repository, { signal, ...(onEvent && { onEvent }) });
  onEvent?.({ type: "found", roots });
  if (roots.length === 0) return undefined;
  const time = formatTime(BigInt(Date.now()) * 1_000_000n);
  const encoder = new TreeEncoder();
  for (const node of rootNodes(roots, time)) encoder.add(node);
  const bytes = encoder.finish();
  const tree = repository.crypto.sha256(bytes);
  const writer = repository.createWriter(signal ? { signal } : {});
  try {
    await writer.add("tree", tree, bytes);
    await writer.flush();
  } finally {
    await writer.settle();
  }
  throwIfCancelled(signal, "recover");
  const { username, uid, gid } = currentUser();
  return repository.saveSnapshot({
    time,
    tree: idFromBytes<BlobId>(tree),
    paths: ["/recover"],
    hostname: hostname(),
    username,
    uid,
    gid,
    tags: ["recovered"],
  });
}

/** All trees that no tree and no snapshot refers to, in order. */
async function findRoots(repository: Repository, options: RecoverOptions): Promise<BlobId[]> {
  const { index } = repository;
  const { signal, onEvent } = options;
  /** By the first entry of each tree. */
  const isReferred = new Uint8Array(index.size);
  const refer = (tree: BlobId): void => {
    const entry = index.find(idToBytes(tree), TREE);
    if (entry >= 0) isReferred[entry] = 1;
  };
  const trees: number[] = [];
  for (let entry = 0; entry < index.size; entry++) {
    if (index.kind(entry) === TREE && index.find(index.id(entry), TREE) === entry) trees.push(entry);
  }
  const total = trees.length;
  let done = 0;
  onEvent?.({ type: "trees", done, total });
  const next = trees.values();
  const work = async (): Promise<void> => {
    for (const entry of next) {
      throwIfCancelled(signal, "recover");
      const tree = blobIdOf(repository, entry);
      try {
        const bytes = await repository.loadBlob("tree", tree, signal);
        for (const { subtree } of iterateTree(bytes, `tree ${tree}`))
          if (subtree !== undefined) refer(subtree);
        onEvent?.({ type: "trees", done: ++done, total });
      } catch (error) {
        throwIfCancelled(signal, "recover");
        if (!isTasticError(error)) throw error;
        onEvent?.({ type: "unreadable", tree, message: messageOf(error) });
      }
    }
  };
  const workers = Array.from({ length: Math.max(1, repository.storage.connections) }, work);
  await Promise.allSettled(workers);
  await Promise.all(workers);
  onEvent?.({ type: "snapshots" });
  // One that cannot be read refers to nothing: its tree is found as a root, rather than lost.
  const snapshots = await listSnapshots(repository, (id, error) =>
    onEvent?.({ type: "snapshot-failed", id, message: messageOf(error) }),
  );
  for (const { tree } of snapshots) refer(tree);
  return trees
    .filter((entry) => isReferred[entry] === 0)
    .map((entry) => blobIdOf(repository, entry))
    .sort();
}

/** A folder for each root, named after it; by the whole id where the short one would be there twice. */
function rootNodes(roots: readonly BlobId[], time: string): Node[] {
  const short = roots.map((root) => shortId(root));
  return roots
    .map((root, at): Node => {
      const name =
        short.indexOf(short[at] ?? "") === short.lastIndexOf(short[at] ?? "") ? shortId(root) : root;
      return {
        name,
        type: "dir",
        // restic leaves the bit of a folder out here; with it, mounting and restoring know what this is.
        mode: MODE_DIR + 0o755,
        mtime: time,
        atime: time,
        ctime: time,
        uid: 0,
        gid: 0,
        content: null,
        subtree: root,
      };
    })
    .sort((a, b) => compareNames(a.name, b.name));
}
