/**
 * Which packs are written anew: those that waste most first, until little enough is wasted or the limit is reached.
 */
import { MIN_PACK_SIZE } from "../repository-options.js";
import { bytesOf } from "./pack-use.js";
import type { PackUse } from "./pack-use.js";
import type { PruneLimits, PruneStats, UnusedLimit } from "./prune-types.js";

const USUAL_LIMIT: UnusedLimit = { kind: "percentage", percentage: 5 };
/** Fewer small packs than this are not worth the trouble; one that stays small must not be written again and again. */
const MIN_SMALL_PACKS = 10;
const SMALL_PERCENTILE = 3;
const SMALL_SHARE = 0.8;

/** A pack that may be written anew. */
export interface Candidate extends PackUse {
  /** Something in it must be compressed. */
  readonly mustCompress: boolean;
}

/**
 * Below how many bytes a pack is small: 80 % of the size that 3 % of all packs do not reach, so that packs of a
 * repository with larger ones are judged by those.
 */
export function smallPackBytes(sizes: Float64Array, { repackSmallerThan }: PruneLimits): number {
  if (repackSmallerThan !== undefined) return repackSmallerThan;
  sizes.sort();
  const percentile = sizes[Math.floor((sizes.length * SMALL_PERCENTILE) / 100)] ?? 0;
  return Math.floor(SMALL_SHARE * Math.max(MIN_PACK_SIZE, percentile));
}

/**
 * Decides about candidates. Counts into `stats` what is kept and what is written anew.
 * @param small packs that are wholly in use, and only small
 * @returns those to write anew
 */
export function choosePacks(
  candidates: readonly Candidate[],
  small: readonly Candidate[],
  smallBytes: number,
  limits: PruneLimits,
  stats: PruneStats,
): Candidate[] {
  const { bytes, packs } = stats;
  const all = [...candidates];
  if (small.length < MIN_SMALL_PACKS) packs.keep += small.length;
  else all.push(...small);
  all.sort(comparing(smallBytes));
  // In unsafe recovery nothing may be written before something is gone.
  const maxRepack = limits.unsafeRecovery === true ? 0 : (limits.maxRepackBytes ?? Infinity);
  const tolerated = toleratedBytes(limits.maxUnused ?? USUAL_LIMIT, bytes.used);
  const chosen: Candidate[] = [];
  for (const pack of all) {
    const unusedLeft = bytes.duplicate + bytes.unused - bytes.remove - bytes.repackRemove;
    const isEnough = unusedLeft < tolerated && bytesOf(pack) >= smallBytes;
    const isOptional = isOnlyData(pack) && !pack.mustCompress;
    if (bytes.repack + bytesOf(pack) >= maxRepack || (isOptional && isEnough)) {
      packs.keep++;
      continue;
    }
    chosen.push(pack);
    countRepacked(pack, stats);
  }
  return chosen;
}

function countRepacked(pack: Candidate, { blobs, bytes, packs }: PruneStats): void {
  packs.repack++;
  blobs.repack += pack.unusedBlobs + pack.usedBlobs;
  bytes.repack += bytesOf(pack);
  blobs.repackRemove += pack.unusedBlobs;
  bytes.repackRemove += pack.unusedBytes;
  if (pack.hasUncompressed) bytes.uncompressed -= bytesOf(pack);
}

export function isOnlyData({ hasData, hasTrees }: PackUse): boolean {
  return hasData && !hasTrees;
}

/** Trees come first, which every command reads; small packs before others; then those with most that is unused. */
function comparing(smallBytes: number): (a: Candidate, b: Candidate) => number {
  const rank = (pack: Candidate): number => (isOnlyData(pack) ? 2 : 0) + (bytesOf(pack) < smallBytes ? 0 : 1);
  const waste = (pack: Candidate): number => pack.unusedBytes / pack.usedBytes;
  return (a, b) => rank(a) - rank(b) || waste(b) - waste(a) || a.pack - b.pack;
}

/** How many unused bytes may be left beside `used` ones. */
function toleratedBytes(limit: UnusedLimit, used: number): number {
  switch (limit.kind) {
    case "unlimited":
      return Infinity;
    case "bytes":
      return limit.bytes;
    default:
      return Math.floor((limit.percentage / (100 - limit.percentage)) * used);
  }
}
