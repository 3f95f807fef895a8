/**
 * Making snapshots of what is left of damaged ones (restic's manual, "Troubleshooting"): files lose the content that the
 * index does not have, folders that cannot be read become empty.
 */
import { isTasticError, TasticError } from "@tastic/errors";
import { idToBytes, SEALING_OVERHEAD } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import { DATA } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { replaceSnapshot } from "../rewrite/replace-snapshot.js";
import type { ReplaceEvent } from "../rewrite/replace-snapshot.js";
import { TreeRewriter } from "../rewrite/tree-rewriter.js";
import type { StoredSnapshot } from "../stored-snapshot.js";

/** What a repair of snapshots finds and does. */
export type RepairSnapshotsEvent =
  | ReplaceEvent
  /** This one comes next. */
  | { readonly type: "snapshot"; readonly snapshot: StoredSnapshot }
  | {
      readonly type: "file";
      readonly path: string;
      readonly problem: "missing-content" | "wrong-size" | "no-type";
    }
  /** Something in a folder is no node, and left out. */
  | { readonly type: "node"; readonly folder: string; readonly message: string }
  /** A folder that is not readable: the root, with which all is lost, or another one, which is empty now. */
  | { readonly type: "folder"; readonly path: string; readonly problem: "unreadable-root" | "emptied" };

/** How to repair snapshots. */
export interface RepairSnapshotsOptions {
  readonly signal?: AbortSignal | undefined;
  readonly dryRun?: boolean;
  /** Remove the damaged snapshots once the repaired ones are stored. */
  readonly forget?: boolean;
  /** Is told what happens on the way. */
  readonly onEvent?: (event: RepairSnapshotsEvent) => void;
}

/**
 * Repairs snapshots, one after the other. The index is loaded, and the caller holds an exclusive lock.
 * @returns how many were changed, or would be
 * @throws TasticError where a snapshot could not be repaired, with its `snapshot` in `data`; `cancelled`
 */
export async function repairSnapshots(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  { signal, dryRun = false, forget = false, onEvent }: RepairSnapshotsOptions = {},
): Promise<number> {
  const rewriter = new TreeRewriter(
    repository,
    {
      node: (node, path) => repairNode(repository, node, path, onEvent),
      failedTree: (path) => {
        const problem = path === "/" ? "unreadable-root" : "emptied";
        onEvent?.({ type: "folder", path, problem });
        return path === "/" ? undefined : [];
      },
      failedNode: (folder, { message }) => onEvent?.({ type: "node", folder, message }),
      mayLoseUnknown: true,
    },
    { signal, dryRun },
  );
  let changed = 0;
  for (const snapshot of snapshots) {
    onEvent?.({ type: "snapshot", snapshot });
    try {
      const tree = await rewriter.rewrite(snapshot.tree);
      const options = { signal, dryRun, forget, tag: "repaired", onEvent };
      if (await replaceSnapshot(repository, snapshot, { tree }, options)) changed++;
    } catch (error) {
      throw ofSnapshot(error, snapshot);
    }
  }
  return changed;
}

/** The same error, with the snapshot that it is about. */
export function ofSnapshot(error: unknown, { id }: StoredSnapshot): unknown {
  if (!isTasticError(error) || error.code === "cancelled") return error;
  const { code, message, guidance, data } = error;
  return new TasticError(code, message, {
    ...(guidance !== undefined && { guidance }),
    data: { ...data, snapshot: id },
    cause: error,
  });
}

function repairNode(
  { index }: Repository,
  node: Node,
  path: string,
  onEvent: RepairSnapshotsOptions["onEvent"],
): Node | undefined {
  if (node.type === "irregular") {
    onEvent?.({ type: "file", path, problem: "no-type" });
    return undefined;
  }
  if (node.type !== "file") return node;
  const content: BlobId[] = [];
  let size = 0;
  for (const id of node.content ?? []) {
    const entry = index.find(idToBytes(id), DATA);
    if (entry < 0) continue;
    content.push(id);
    size += index.uncompressedLength(entry) || index.length(entry) - SEALING_OVERHEAD;
  }
  const isMissing = content.length < (node.content?.length ?? 0);
  if (isMissing) onEvent?.({ type: "file", path, problem: "missing-content" });
  else if (size !== (node.size ?? 0)) onEvent?.({ type: "file", path, problem: "wrong-size" });
  return { ...node, content, size };
}
