/**
 * Which snapshots a repository has already, though under another id: those with the same beginning, of which all but
 * parent and beginning is the same.
 */
import { parseTime } from "@tastic/format";
import type { Snapshot, SnapshotId } from "@tastic/format";
import type { StoredSnapshot } from "../stored-snapshot.js";

export class KnownCopies {
  readonly #byOriginal = new Map<SnapshotId, StoredSnapshot[]>();

  constructor(snapshots: Iterable<StoredSnapshot>) {
    for (const snapshot of snapshots) {
      const { id, original } = snapshot;
      if (original !== undefined) this.#add(original, snapshot);
      // It may also have been copied the other way.
      this.#add(id, snapshot);
    }
  }

  /** The snapshot that is a copy of the given one, or of the same origin as it. */
  find(snapshot: StoredSnapshot): StoredSnapshot | undefined {
    const candidates = this.#byOriginal.get(snapshot.original ?? snapshot.id) ?? [];
    return candidates.find((candidate) => isSimilar(candidate, snapshot));
  }

  #add(original: SnapshotId, snapshot: StoredSnapshot): void {
    const known = this.#byOriginal.get(original);
    if (known === undefined) this.#byOriginal.set(original, [snapshot]);
    else known.push(snapshot);
  }
}

function isSimilar(a: Snapshot, b: Snapshot): boolean {
  return (
    parseTime(a.time) === parseTime(b.time) &&
    a.tree === b.tree &&
    (a.hostname ?? "") === (b.hostname ?? "") &&
    (a.username ?? "") === (b.username ?? "") &&
    (a.uid ?? 0) === (b.uid ?? 0) &&
    (a.gid ?? 0) === (b.gid ?? 0) &&
    hasSame(a.paths, b.paths) &&
    hasSame(a.tags ?? [], b.tags ?? []) &&
    isSameList(a.excludes ?? [], b.excludes ?? [])
  );
}

/** The same texts in any order. */
function hasSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && b.every((text) => a.includes(text));
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
