/**
 * Cutting the content of a restore into stretches of packs: each is read in one go, and written by one worker.
 */
import { planReads } from "@tastic/repository";
import type { BlobIndex, PackRange } from "@tastic/repository";
import type { RestorePlan } from "./restore-plan.js";

/** A stretch of a pack, and the planned blobs that lie in it, in its order; a blob may be there for several files. */
export interface Stretch {
  readonly range: PackRange;
  readonly blobs: Uint32Array;
}

/**
 * Large enough that few files reach over several stretches and a store is not asked too often; small enough that
 * several in memory, and work that is shared out late, do not matter.
 */
const LIMITS = { bytes: 4 << 20, blobs: 512 };

export function* restoreStretches(plan: RestorePlan, index: BlobIndex): Generator<Stretch> {
  for (const blobs of plan.byPack(index)) {
    const entries: number[] = [];
    for (const blob of blobs) {
      const entry = plan.blobEntry(blob);
      if (entry !== entries.at(-1)) entries.push(entry);
    }
    let start = 0;
    for (const range of planReads(index, entries, LIMITS)) {
      const last = range.entries.at(-1);
      let end = start;
      // Offsets ascend, and the blobs of one entry are neighbours.
      while (end < blobs.length && plan.blobEntry(blobs[end] ?? 0) !== last) end++;
      while (end < blobs.length && plan.blobEntry(blobs[end] ?? 0) === last) end++;
      yield { range, blobs: blobs.subarray(start, end) };
      start = end;
    }
  }
}
