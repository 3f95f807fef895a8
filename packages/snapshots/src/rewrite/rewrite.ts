/**
 * Rewriting snapshots: without some files, of another host or time, or with their sizes (restic's manual, "Working with
 * repositories", "Rewriting snapshots").
 */
import type { BlobId, SnapshotSummary } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { ofSnapshot } from "../repair/repair-snapshots.js";
import type { PatternFilter } from "../restore/restore-filter.js";
import type { StoredSnapshot } from "../stored-snapshot.js";
import { replaceSnapshot } from "./replace-snapshot.js";
import type { ReplaceEvent } from "./replace-snapshot.js";
import { TreeRewriter } from "./tree-rewriter.js";

/** What a rewrite leaves out and does. */
export type RewriteEvent =
  | ReplaceEvent
  /** This one comes next. */
  | { readonly type: "snapshot"; readonly snapshot: StoredSnapshot }
  | { readonly type: "excluding" | "including" | "including-folder"; readonly path: string };

/** What to change in snapshots. */
export interface RewriteOptions {
  readonly signal?: AbortSignal | undefined;
  readonly dryRun?: boolean;
  /** Remove the old snapshots once the new ones are stored; else the new ones have the tag "rewrite". */
  readonly forget?: boolean;
  /** What stays. With includes, folders of which nothing stays go, too. */
  readonly filter?: { readonly kind: "exclude" | "include"; readonly patterns: PatternFilter } | undefined;
  /** RFC 3339. */
  readonly time?: string | undefined;
  readonly hostname?: string | undefined;
  /** Count files and bytes anew for the summary, also where nothing is left out. */
  readonly summary?: boolean;
  /** Is told what happens on the way. */
  readonly onEvent?: (event: RewriteEvent) => void;
}

interface Rewritten {
  readonly tree: BlobId;
  readonly summary?: SnapshotSummary;
}

/**
 * Rewrites snapshots, one after the other. The index is loaded, and the caller holds a lock, an exclusive one with
 * `forget`.
 * @returns how many were changed, or would be
 * @throws TasticError where a snapshot could not be rewritten, with its `snapshot` in `data`; `cancelled`
 */
export async function rewriteSnapshots(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  options: RewriteOptions,
): Promise<number> {
  const { signal, dryRun = false, forget = false, time, hostname, onEvent } = options;
  let changed = 0;
  for (const snapshot of snapshots) {
    onEvent?.({ type: "snapshot", snapshot });
    try {
      const rewritten = await rewriteTree(repository, snapshot, options);
      const change = { ...rewritten, time, hostname };
      const replacing = { signal, dryRun, forget, tag: "rewrite", onEvent };
      if (await replaceSnapshot(repository, snapshot, change, replacing)) changed++;
    } catch (error) {
      throw ofSnapshot(error, snapshot);
    }
  }
  return changed;
}

async function rewriteTree(
  repository: Repository,
  snapshot: StoredSnapshot,
  options: RewriteOptions,
): Promise<Rewritten> {
  const { filter, summary = false, signal, dryRun = false, onEvent } = options;
  if (filter === undefined && !summary) return { tree: snapshot.tree };
  let files = 0;
  let bytes = 0;
  const rewriter = new TreeRewriter(
    repository,
    {
      node: (node, path) => {
        const isFolder = node.type === "dir";
        if (filter !== undefined) {
          const { selected } = filter.patterns.selects(path, isFolder);
          if (filter.kind === "exclude") {
            if (!selected) onEvent?.({ type: "excluding", path });
            if (!selected) return undefined;
          } else if (!isFolder) {
            if (!selected) return undefined;
            onEvent?.({ type: "including", path });
          }
        }
        if (node.type === "file") {
          files++;
          bytes += node.size ?? 0;
        }
        return node;
      },
      ...(filter?.kind === "include" && {
        keepsEmptyFolder: (path: string) => {
          const { selected } = filter.patterns.selects(path, true);
          if (selected) onEvent?.({ type: "including-folder", path });
          return selected;
        },
      }),
      // Patterns look at paths, and files count wherever they are.
      dependsOnPath: true,
    },
    { signal, dryRun },
  );
  const tree = await rewriter.rewrite(snapshot.tree);
  // Nothing is included: the snapshot stays as it is.
  if (tree === undefined) return { tree: snapshot.tree };
  return {
    tree,
    summary: { ...(snapshot.summary ?? NO_SUMMARY), totalFilesProcessed: files, totalBytesProcessed: bytes },
  };
}

/** What restic writes where there was no summary. */
const NO_SUMMARY: SnapshotSummary = {
  backupStart: "0001-01-01T00:00:00Z",
  backupEnd: "0001-01-01T00:00:00Z",
  filesNew: 0,
  filesChanged: 0,
  filesUnmodified: 0,
  dirsNew: 0,
  dirsChanged: 0,
  dirsUnmodified: 0,
  dataBlobs: 0,
  treeBlobs: 0,
  dataAdded: 0,
  dataAddedPacked: 0,
  totalFilesProcessed: 0,
  totalBytesProcessed: 0,
};
