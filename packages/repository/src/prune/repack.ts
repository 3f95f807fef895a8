/**
 * Writing packs anew with only those of their blobs that are wanted. Blobs move as they are sealed; each one is opened
 * and hashed on the way, since its old place will soon be gone.
 */
import { TasticError, isTasticError } from "@tastic/errors";
import { idFromBytes } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import { TREE } from "../blob-entry.js";
import { throwIfCancelled } from "../cancellation.js";
import type { PackTable } from "../pack-table.js";
import type { Repository } from "../repository.js";
import { readSealed } from "../sealed-blobs.js";
import type { WantedPack } from "../sealed-blobs.js";
import type { RepositoryWriter } from "../writer.js";
import type { PrunePlan } from "./plan-prune.js";

export interface RepackOptions {
  readonly signal?: AbortSignal | undefined;
  /** Compress what is not compressed, even where nothing is gained: otherwise it would be tried every time. */
  readonly compressAll: boolean;
  onPack(): void;
}

/**
 * Moves what the plan wants to new packs. The index then names the new places; the writer is yet to be flushed.
 * Errors: those of a blob of which no copy is whole, of the writer, of the store.
 */
export async function repack(
  repository: Repository,
  table: PackTable,
  { repack: packs, wanted, use }: PrunePlan,
  writer: RepositoryWriter,
  options: RepackOptions,
): Promise<void> {
  const isWanted = (entry: number): boolean => wanted[use.first[entry] ?? 0] === 1;
  function* wantedPacks(): Generator<WantedPack> {
    for (const pack of packs) yield { pack, entries: table.blobs(pack).filter(isWanted) };
  }
  for await (const stretch of readSealed(repository, wantedPacks(), options.signal)) {
    for (const entry of stretch.entries) {
      // Another copy may have been taken since this was read.
      if (!isWanted(entry)) continue;
      wanted[use.first[entry] ?? 0] = 0;
      await moveBlob(repository, writer, entry, stretch.sealed(entry), options);
    }
    if (stretch.isLast) options.onPack();
  }
  if (wanted.includes(1)) {
    throw new TasticError("internal", "blobs that are in use were not found where the index has them", {
      guidance: "Nothing was removed. Please report this.",
    });
  }
}

async function moveBlob(
  repository: Repository,
  writer: RepositoryWriter,
  entry: number,
  sealed: Uint8Array | undefined,
  options: RepackOptions,
): Promise<void> {
  if (sealed !== undefined) {
    try {
      if (mayCompress(repository, entry, options)) {
        await writer.rewrite(entry, repository.blobs.openEntry(entry, sealed), options.compressAll);
      } else {
        await writer.move(entry, sealed);
      }
      return;
    } catch (error) {
      throwIfCancelled(options.signal);
      if (!isTasticError(error)) throw error;
      // The writer raises its own errors again below.
    }
  }
  const { index } = repository;
  const id = idFromBytes<BlobId>(index.id(entry));
  const type = index.kind(entry) === TREE ? "tree" : "data";
  // From any copy that is whole, this one included: a transfer may have gone wrong once.
  await writer.rewrite(entry, await repository.loadBlob(type, id, options.signal), options.compressAll);
}

/** What restic compresses when it writes a pack anew. */
function mayCompress(
  { index, config, packerSettings }: Repository,
  entry: number,
  { compressAll }: RepackOptions,
): boolean {
  if (config.version < 2 || index.uncompressedLength(entry) > 0) return false;
  return compressAll || index.kind(entry) === TREE || packerSettings.compression !== "off";
}
