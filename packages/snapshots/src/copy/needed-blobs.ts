/**
 * What a repository lacks of a snapshot of another one, by packs of the source.
 */
import { TasticError } from "@tastic/errors";
import { shortId } from "@tastic/format";
import { PACK } from "@tastic/repository";
import type { Repository, WantedPack } from "@tastic/repository";
import type { BlobMarks } from "../check/blob-marks.js";
import { markTree } from "../check/mark-trees.js";
import type { TreeProblem } from "../check/mark-trees.js";
import type { StoredSnapshot } from "../stored-snapshot.js";
import type { CopyAmount } from "./copy-types.js";

export interface NeededBlobs {
  readonly total: CopyAmount;
  readonly packs: Iterable<WantedPack>;
}

/**
 * Walks the trees of a snapshot that are not marked yet, and marks them and their blobs.
 * @throws TasticError `damaged-repository` where anything is missing; `cancelled`
 */
export async function findNeededBlobs(
  source: Repository,
  destination: Repository,
  marks: BlobMarks,
  snapshot: StoredSnapshot,
  signal: AbortSignal | undefined,
): Promise<NeededBlobs> {
  const { index } = source;
  /** Entries by pack: typed arrays would be smaller, but only what is copied now is held. */
  const byPack = new Map<number, number[]>();
  const id = new Uint8Array(32);
  let blobs = 0;
  let bytes = 0;
  await markTree(source, marks, snapshot.tree, {
    ...(signal && { signal }),
    onProblem: (problem) => refuse(snapshot, problem),
    onMarked(entry) {
      index.copyId(entry, id);
      const kind = index.kind(entry);
      if (kind === PACK || destination.index.find(id, kind) >= 0) return;
      const pack = index.pack(entry);
      const entries = byPack.get(pack);
      if (entries === undefined) byPack.set(pack, [entry]);
      else entries.push(entry);
      blobs++;
      bytes += index.length(entry);
    },
  });
  return {
    total: { packs: byPack.size, blobs, bytes },
    packs: Array.from(byPack, ([pack, entries]) => ({ pack, entries })),
  };
}

/** What is wrong with a node itself is copied as it is; what is not there cannot be. */
function refuse({ id }: StoredSnapshot, { problems, isUnreadable, missing }: TreeProblem): void {
  if (!isUnreadable && missing.length === 0) return;
  throw new TasticError(
    "damaged-repository",
    `snapshot ${shortId(id)} cannot be copied: ${problems.join("; ")}`,
    {
      guidance: "Run check on the source repository. Name the snapshots that are whole to copy those.",
      data: { snapshot: id, missing },
    },
  );
}
