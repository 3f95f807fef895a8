/**
 * Listing a pack by the header at its end (design.rst, "Pack Format").
 */
import { idToBytes } from "@tastic/format";
import type { PackEntry, PackId } from "@tastic/format";
import { DATA, TREE } from "../blob-entry.js";
import type { BlobIndex } from "../blob-index.js";

/** Enters what a pack's header says; returns the entries that this made, in the order of the pack. */
export function enterHeader(index: BlobIndex, id: PackId, header: readonly PackEntry[]): number[] {
  const pack = index.addPack(idToBytes(id));
  const entries: number[] = [];
  for (const { id: blob, type, offset, length, uncompressedLength } of header) {
    const entry = index.size;
    const location = { pack, offset, length, uncompressedLength };
    if (index.add(idToBytes(blob), type === "tree" ? TREE : DATA, location)) entries.push(entry);
  }
  return entries;
}
