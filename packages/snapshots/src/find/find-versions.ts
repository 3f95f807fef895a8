/**
 * What became of one path over time: each version of a file or folder, the first and the last snapshot that has it, and
 * since when it is gone. Only the folders that lead there are read, those that snapshots share once.
 */
import { messageOf } from "@tastic/errors";
import { parseTime } from "@tastic/format";
import type { Node } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { throwIfCancelled } from "../cancellation.js";
import { equalAttributes, equalContents } from "../diff/node-equality.js";
import { splitPath } from "../find-tree.js";
import { PathLookup } from "../path-lookup.js";
import type { StoredSnapshot } from "../stored-snapshot.js";

/** In what a version differs from the one before it. */
export type VersionChange = "type" | "content" | "target" | "mtime" | "mode" | "owner" | "attributes";

/** One version of a path, from the first snapshot that has it to the last. */
export interface FileVersion {
  readonly node: Node;
  /** By the times of snapshots. */
  readonly first: StoredSnapshot;
  readonly last: StoredSnapshot;
  /** How many snapshots have it. */
  readonly snapshots: number;
  /** Empty for the first version. */
  readonly changed: readonly VersionChange[];
}

/** All versions of a path. */
export interface PathHistory {
  /** Absolute within snapshots. */
  readonly path: string;
  /** In the order in which they first appear. */
  readonly versions: readonly FileVersion[];
  /** The first snapshot of the same host that backed up the place, after the last that has the path. */
  readonly goneSince?: StoredSnapshot;
}

/** How to follow a path. */
export interface FindVersionsOptions {
  readonly signal?: AbortSignal;
  /** A folder on the way cannot be read: what this snapshot has is not known. */
  readonly onUnreadable?: (snapshot: StoredSnapshot, message: string) => void;
}

/**
 * Follows a path through snapshots. The index must be loaded.
 * @throws TasticError `invalid-argument` for a path with ".."; `cancelled`
 */
export async function findVersions(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  path: string,
  options: FindVersionsOptions = {},
): Promise<PathHistory> {
  const names = splitPath(path);
  const lookup = new PathLookup(repository, options.signal);
  const versions: Growing[] = [];
  const unread = new Set<StoredSnapshot>();
  const oldestFirst = byTime(snapshots);
  let newest: StoredSnapshot | undefined;
  let before: Node | undefined;
  for (const snapshot of oldestFirst) {
    throwIfCancelled(options.signal, "the search");
    let node: Node | undefined;
    try {
      node = await lookup.find(snapshot.tree, names);
    } catch (error) {
      throwIfCancelled(options.signal, "the search");
      unread.add(snapshot);
      options.onUnreadable?.(snapshot, messageOf(error));
      continue;
    }
    if (node === undefined) continue;
    newest = snapshot;
    const found = versions.find((version) => changesOf(version.node, node).length === 0);
    if (found === undefined) {
      const changed = before === undefined ? [] : changesOf(before, node);
      versions.push({ node, first: snapshot, last: snapshot, snapshots: 1, changed });
    } else {
      found.last = snapshot;
      found.snapshots++;
    }
    before = node;
  }
  const absolute = `/${names.join("/")}`;
  const goneSince = oldestFirst
    .slice(newest === undefined ? oldestFirst.length : oldestFirst.indexOf(newest) + 1)
    .find((snapshot) => !unread.has(snapshot) && covers(snapshot, newest!, absolute));
  return { path: absolute, versions, ...(goneSince === undefined ? {} : { goneSince }) };
}

interface Growing extends FileVersion {
  last: StoredSnapshot;
  snapshots: number;
}

/** What a user means by another version: not that it was read, or lies elsewhere on the disk. */
function changesOf(a: Node, b: Node): VersionChange[] {
  const isSame: Readonly<Record<VersionChange, boolean>> = {
    type: a.type === b.type && a.device === b.device,
    content: a.subtree === b.subtree && equalContents(a.content, b.content),
    target: a.linkTarget === b.linkTarget,
    mtime: a.mtime === b.mtime || parseTime(a.mtime) === parseTime(b.mtime),
    mode: a.mode === b.mode,
    owner: a.uid === b.uid && a.gid === b.gid && a.user === b.user && a.group === b.group,
    attributes: equalAttributes(a.extendedAttributes ?? [], b.extendedAttributes ?? []),
  };
  return (Object.keys(isSame) as VersionChange[]).filter((change) => !isSame[change]);
}

function byTime(snapshots: readonly StoredSnapshot[]): StoredSnapshot[] {
  const dated = snapshots.map((snapshot) => ({ snapshot, time: parseTime(snapshot.time) }));
  dated.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return dated.map(({ snapshot }) => snapshot);
}

/** Would it have the path if that were still there? Snapshots of relative targets name these by absolute paths. */
function covers(snapshot: StoredSnapshot, last: StoredSnapshot, path: string): boolean {
  if ((snapshot.hostname ?? "") !== (last.hostname ?? "")) return false;
  const isAbove = (folder: string): boolean =>
    folder === "/" || path === folder || path.startsWith(`${folder}/`);
  return last.paths.every((target) => snapshot.paths.includes(target)) || snapshot.paths.some(isAbove);
}
