/**
 * How much of each pack is in use, and which one of several copies of a blob stays.
 */
import {
  COMPRESSED_ENTRY_LENGTH,
  HEADER_LENGTH_SIZE,
  PLAIN_ENTRY_LENGTH,
  SEALING_OVERHEAD,
} from "@tastic/format";
import { DATA, PACK } from "../blob-entry.js";
import type { BlobIndex } from "../blob-index.js";
import type { BlobUse } from "./blob-use.js";
import type { PruneStats } from "./prune-types.js";

/** What is known of one pack. */
export interface PackUse {
  /** Its entry number in the index. */
  readonly pack: number;
  usedBlobs: number;
  unusedBlobs: number;
  /** With the header, so that both sizes add up to the pack. */
  usedBytes: number;
  unusedBytes: number;
  /** Those of the unused ones that are copies of blobs in use. */
  duplicates: number;
  hasData: boolean;
  hasTrees: boolean;
  hasUncompressed: boolean;
}

/** Bytes of the whole pack, as its blobs imply. */
export function bytesOf({ usedBytes, unusedBytes }: PackUse): number {
  return usedBytes + unusedBytes;
}

/** All packs with blobs, by entry number. Counts into `stats` what is used, a duplicate and unused. */
export function findPackUse(index: BlobIndex, use: BlobUse, stats: PruneStats): Map<number, PackUse> {
  const packs = new Map<number, PackUse>();
  for (let entry = 0; entry < use.first.length; entry++) {
    if (index.kind(entry) === PACK) continue;
    const number = index.pack(entry);
    let pack = packs.get(number);
    if (pack === undefined) packs.set(number, (pack = emptyPack(number)));
    countBlob(index, entry, use.copiesOf(entry), pack, stats);
  }
  if (stats.blobs.duplicate > 0) chooseCopies(index, use, packs, stats);
  return packs;
}

function emptyPack(pack: number): PackUse {
  return {
    pack,
    usedBlobs: 0,
    unusedBlobs: 0,
    usedBytes: SEALING_OVERHEAD + HEADER_LENGTH_SIZE,
    unusedBytes: 0,
    duplicates: 0,
    hasData: false,
    hasTrees: false,
    hasUncompressed: false,
  };
}

/** Copies count as unused until one is chosen. */
function countBlob(
  index: BlobIndex,
  entry: number,
  copies: number,
  pack: PackUse,
  { blobs, bytes }: PruneStats,
): void {
  const length = index.length(entry);
  const compressed = index.uncompressedLength(entry) > 0;
  if (index.kind(entry) === DATA) pack.hasData = true;
  else pack.hasTrees = true;
  if (!compressed) pack.hasUncompressed = true;
  pack.usedBytes += compressed ? COMPRESSED_ENTRY_LENGTH : PLAIN_ENTRY_LENGTH;
  if (copies === 1) {
    pack.usedBlobs++;
    pack.usedBytes += length;
    blobs.used++;
    bytes.used += length;
    return;
  }
  pack.unusedBlobs++;
  pack.unusedBytes += length;
  if (copies === 0) {
    blobs.unused++;
    bytes.unused += length;
  } else {
    pack.duplicates++;
    blobs.duplicate++;
    bytes.duplicate += length;
  }
}

/**
 * Of several copies, the first one counts as used whose pack is needed anyway, or holds nothing but copies: such a
 * pack was written by a prune that did not end. Failing that, it is the last one.
 */
function chooseCopies(
  index: BlobIndex,
  { first, copies }: BlobUse,
  packs: ReadonlyMap<number, PackUse>,
  { blobs, bytes }: PruneStats,
): void {
  /** By first entry: how many copies are yet to come; 0 once one was chosen, or where there is but one. */
  const left = copies.map((count) => (count >= 2 ? count : 0));
  for (let entry = 0; entry < left.length; entry++) {
    if (index.kind(entry) === PACK) continue;
    const blob = first[entry] ?? 0;
    const remaining = left[blob] ?? 0;
    const pack = packs.get(index.pack(entry));
    if (remaining === 0 || pack === undefined) continue;
    const stays = pack.usedBlobs > 0 || pack.duplicates === pack.unusedBlobs || remaining === 1;
    left[blob] = stays ? 0 : remaining - 1;
    if (!stays) continue;
    const length = index.length(entry);
    pack.usedBlobs++;
    pack.usedBytes += length;
    pack.unusedBlobs--;
    pack.unusedBytes -= length;
    blobs.used++;
    bytes.used += length;
    blobs.duplicate--;
    bytes.duplicate -= length;
  }
}
