/**
 * Saving what can be saved of damaged packs (restic's manual, "Troubleshooting"): each blob that opens and has the
 * right hash is moved to a new pack, then the damaged packs are taken out of the index, and last they are removed.
 */
import { isTasticError, messageOf } from "@tastic/errors";
import { idFromBytes, idToBytes } from "@tastic/format";
import type { BlobId, PackId } from "@tastic/format";
import { PACK, TREE } from "../blob-entry.js";
import { throwIfCancelled } from "../cancellation.js";
import type { ListedPack } from "../index-files.js";
import { PackTable } from "../pack-table.js";
import { removeFiles } from "../prune/remove-files.js";
import { replaceIndex } from "../prune/rewrite-index.js";
import type { IndexFile } from "../prune/rewrite-index.js";
import type { Repository } from "../repository.js";
import { readSealed } from "../sealed-blobs.js";
import type { RepositoryWriter } from "../writer.js";
import { isDamage } from "./damage.js";
import { enterHeader } from "./enter-header.js";
import type { RepairOptions } from "./repair-types.js";

/** How to repair packs. */
export interface RepairPacksOptions extends RepairOptions {
  /** How far loading the index is. */
  readonly onIndexProgress?: (loaded: number, total: number) => void;
  /**
   * Called once the index is loaded, before anything is changed: for putting copies of the packs in a safe place. If it
   * throws, nothing was changed.
   */
  beforeRepair?(): Promise<void>;
}

/**
 * Repairs packs of a repository whose index has not been loaded. The caller holds an exclusive lock, and `signal` ends
 * with it. The repository is of no more use afterwards but to be unlocked.
 * @throws TasticError `cancelled`, the store's. A pack that could not be removed is not an error: `prune` will.
 */
export async function repairPacks(
  repository: Repository,
  ids: readonly PackId[],
  options: RepairPacksOptions = {},
): Promise<void> {
  const { signal, onEvent, onIndexProgress } = options;
  const { index } = repository;
  const files: IndexFile[] = [];
  await repository.loadIndex({
    ...(signal && { signal }),
    ...(onIndexProgress && { onProgress: onIndexProgress }),
    onIndex: (id, packs) => void files.push({ id, packs }),
  });
  await options.beforeRepair?.();
  onEvent?.({ type: "phase", phase: "salvage" });
  // The index may be wrong about a damaged pack, or not know it.
  for (const id of ids) await enterByHeader(repository, id, signal);
  const table = new PackTable(index);
  const bad = ids.map((id) => index.find(idToBytes(id), PACK)).filter((pack) => pack >= 0);
  const written = new Map<number, ListedPack["entries"]>();
  const writer = repository.createWriter({
    ...(signal && { signal }),
    onIndex: (id, packs) => {
      const numbers = packs.map(({ id: pack }) => index.find(pack, PACK));
      for (const [i, number] of numbers.entries()) written.set(number, packs[i]?.entries ?? []);
      files.push({ id, packs: numbers });
    },
  });
  try {
    await salvage(repository, table, ids, writer, options);
    await writer.flush();
  } finally {
    await writer.settle();
  }
  const blobsOf = (pack: number): ListedPack["entries"] => written.get(pack) ?? table.blobs(pack);
  // A new pack may be the old one to the byte.
  const gone = new Set(bad.filter((pack) => !written.has(pack)));
  await replaceIndex(repository, { files, gone, blobsOf }, { signal, onEvent });
  const names = ids.filter((id) => !written.has(index.find(idToBytes(id), PACK)));
  await removeFiles(repository, "pack", names, { signal, onEvent, phase: "remove-packs", tolerant: true });
}

/** Adds what the header of a pack lists, if it can still be read. */
async function enterByHeader(
  repository: Repository,
  id: PackId,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    const { size } = await repository.storage.stat({ type: "pack", name: id }, { signal });
    enterHeader(repository.index, id, await repository.loadPackHeader(id, size, signal));
  } catch (error) {
    throwIfCancelled(signal);
    if (!isDamage(error)) throw error;
  }
}

async function salvage(
  repository: Repository,
  table: PackTable,
  ids: readonly PackId[],
  writer: RepositoryWriter,
  { signal, onEvent }: RepairOptions,
): Promise<void> {
  const { index } = repository;
  let done = 0;
  const progress = (): void =>
    onEvent?.({ type: "progress", phase: "salvage", done: ++done, total: ids.length });
  const wanted = [];
  for (const id of ids) {
    const pack = index.find(idToBytes(id), PACK);
    const entries = pack < 0 ? [] : table.blobs(pack);
    if (entries.length > 0) wanted.push({ pack, entries });
    else {
      onEvent?.({ type: "error", message: `no blobs found for pack ${id}` });
      progress();
    }
  }
  for await (const stretch of readSealed(repository, wanted, signal)) {
    for (const entry of stretch.entries) {
      try {
        await moveIntact(repository, writer, entry, stretch.sealed(entry), signal);
      } catch (error) {
        throwIfCancelled(signal);
        if (!isDamage(error)) throw error;
        const id = idFromBytes<BlobId>(index.id(entry));
        const message = `failed to load blob ${id}: ${messageOf(error)}`;
        onEvent?.({ type: "error", message, lostBlob: id });
      }
    }
    if (stretch.isLast) progress();
  }
}

/** Errors: those of a blob of which no copy is whole; the writer's. */
async function moveIntact(
  repository: Repository,
  writer: RepositoryWriter,
  entry: number,
  sealed: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (sealed !== undefined) {
    try {
      return await writer.move(entry, sealed);
    } catch (error) {
      throwIfCancelled(signal);
      if (!isTasticError(error)) throw error;
      // The writer raises its own errors again below.
    }
  }
  const { index } = repository;
  const id = idFromBytes<BlobId>(index.id(entry));
  const plaintext = await loadAnyCopy(repository, entry, id, signal);
  await writer.rewrite(entry, plaintext, index.uncompressedLength(entry) > 0);
}

/** From where it is, and else from another pack; the error is that of where it is. */
async function loadAnyCopy(
  repository: Repository,
  entry: number,
  id: BlobId,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  try {
    return await repository.blobs.loadEntry(entry, signal);
  } catch (error) {
    throwIfCancelled(signal);
    if (!isDamage(error)) throw error;
    try {
      return await repository.loadBlob(repository.index.kind(entry) === TREE ? "tree" : "data", id, signal);
    } catch (another) {
      throwIfCancelled(signal);
      if (!isDamage(another)) throw another;
      throw error;
    }
  }
}
