/**
 * Writing index files anew without the packs that go. A file stays as it is if it is full and lists only packs that
 * stay, and that no other file lists.
 */
import type { IndexId } from "@tastic/format";
import { throwIfCancelled } from "../cancellation.js";
import { INDEX_FULL_BLOBS, IndexWriter } from "../index-files.js";
import type { ListedPack } from "../index-files.js";
import type { Repository } from "../repository.js";
import { removeFiles } from "./remove-files.js";
import type { RemoveEvent } from "./remove-files.js";

/** An index file and the entry numbers of the packs that it lists. */
export interface IndexFile {
  readonly id: IndexId;
  readonly packs: readonly number[];
}

export interface NewIndex {
  readonly files: readonly IndexFile[];
  /** Packs that the index is to list no more. */
  readonly gone: ReadonlySet<number>;
  /** The entries of a pack's blobs, in the order of the pack. */
  readonly blobsOf: (pack: number) => ListedPack["entries"];
}

/** The files that must not stay. */
export function outdatedFiles({ files, gone, blobsOf }: NewIndex): IndexFile[] {
  const listings = new Map<number, number>();
  for (const { packs } of files) {
    for (const pack of new Set(packs)) listings.set(pack, (listings.get(pack) ?? 0) + 1);
  }
  return files.filter(({ packs }) => {
    if (packs.some((pack) => gone.has(pack) || (listings.get(pack) ?? 0) > 1)) return true;
    return packs.reduce((sum, pack) => sum + blobsOf(pack).length, 0) < INDEX_FULL_BLOBS;
  });
}

/** Stores what the outdated files list, without what is gone. `onFile` is told how many packs each file adds. */
export async function saveNewIndex(
  { index, indexStore }: Repository,
  outdated: readonly IndexFile[],
  { gone, blobsOf }: NewIndex,
  onFile: (packs: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const writer = new IndexWriter(index, indexStore);
  const listed = new Set<number>();
  for (const { packs } of outdated) {
    throwIfCancelled(signal);
    const before = listed.size;
    for (const pack of packs) {
      if (gone.has(pack) || listed.has(pack)) continue;
      listed.add(pack);
      const entries = blobsOf(pack);
      if (entries.length > 0) await writer.add({ id: index.id(pack), entries });
    }
    onFile(listed.size - before);
  }
  await writer.flush();
}

export interface ReplaceIndexOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RemoveEvent<"index" | "remove-index">) => void) | undefined;
  /** Files that are not to be had, or of no use, and go with the outdated ones. */
  readonly obsolete?: readonly IndexId[];
}

/**
 * Stores a new index, and only then removes the files in whose place it is: everything is listed twice for a while,
 * never not at all. Throws if a file stays, since it would name packs that are about to go.
 */
export async function replaceIndex(
  repository: Repository,
  index: NewIndex,
  { signal, onEvent, obsolete = [] }: ReplaceIndexOptions,
): Promise<void> {
  const outdated = outdatedFiles(index);
  const total = index.files.length;
  let done = total - outdated.length;
  onEvent?.({ type: "phase", phase: "index" });
  const onFile = (): void => onEvent?.({ type: "progress", phase: "index", done: ++done, total });
  await saveNewIndex(repository, outdated, index, onFile, signal);
  const ids = [...obsolete, ...outdated.map(({ id }) => id)];
  await removeFiles(repository, "index", ids, { signal, onEvent, phase: "remove-index", tolerant: false });
}
