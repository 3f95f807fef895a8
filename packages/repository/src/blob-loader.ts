/**
 * Loading blobs: one by one, or many of a pack with few reads.
 */
import { TasticError, isTasticError } from "@tastic/errors";
import { idFromBytes, idToBytes } from "@tastic/format";
import type { BlobId, BlobType, PackId } from "@tastic/format";
import type { Storage } from "@tastic/storage";
import { DATA, TREE } from "./blob-entry.js";
import type { BlobIndex } from "./blob-index.js";
import { describeEntry } from "./blob-reader.js";
import { throwIfCancelled } from "./cancellation.js";
import { openBlob } from "./pack-files.js";
import type { BlobOpener } from "./pack-files.js";
import { PackWindows } from "./pack-windows.js";

/** Blobs that lie no further apart than this are fetched with one read, as restic does. */
const MERGE_GAP = 1 << 20;
const MAX_READ = 32 << 20;

/** A stretch of a pack and the blobs in it, as index entries in ascending order of offset. */
export interface PackRange {
  readonly offset: number;
  readonly length: number;
  readonly entries: readonly number[];
}

/** How much one read may bring: bytes, unless a single blob is longer, and blobs. */
export interface ReadLimits {
  readonly bytes: number;
  readonly blobs: number;
}

const DEFAULT_LIMITS: ReadLimits = { bytes: MAX_READ, blobs: Infinity };

/** Splits what is wanted of a pack into reads. */
export function planReads(
  index: BlobIndex,
  entries: readonly number[],
  limits: ReadLimits = DEFAULT_LIMITS,
): PackRange[] {
  const sorted = [...entries].sort((a, b) => index.offset(a) - index.offset(b));
  const ranges: { offset: number; length: number; entries: number[] }[] = [];
  let current: { offset: number; length: number; entries: number[] } | undefined;
  for (const entry of sorted) {
    const offset = index.offset(entry);
    const end = offset + index.length(entry);
    if (
      current === undefined ||
      offset - (current.offset + current.length) > MERGE_GAP ||
      end - current.offset > limits.bytes ||
      current.entries.length >= limits.blobs
    ) {
      current = { offset, length: 0, entries: [] };
      ranges.push(current);
    }
    current.length = Math.max(current.length, end - current.offset);
    current.entries.push(entry);
  }
  return ranges;
}

export class BlobLoader {
  readonly #storage: Storage;
  readonly #index: BlobIndex;
  readonly #opener: BlobOpener;
  readonly #trees: PackWindows;

  constructor(storage: Storage, index: BlobIndex, opener: BlobOpener) {
    this.#storage = storage;
    this.#index = index;
    this.#opener = opener;
    this.#trees = new PackWindows(storage, index);
  }

  /** For when the index is loaded anew: keeps nothing that goes by its entries. */
  forget(): void {
    this.#trees.forget();
  }

  /**
   * Loads a blob from the first of its copies that is intact.
   * Errors: `blob-not-found` if no index lists it; else what the last copy raised.
   */
  async load(type: BlobType, id: BlobId, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = idToBytes(id);
    let entry = this.#index.find(bytes, type === "tree" ? TREE : DATA);
    if (entry < 0) throw blobNotFound(type, id);
    for (;;) {
      try {
        return await this.loadEntry(entry, signal);
      } catch (error) {
        throwIfCancelled(signal);
        if (!isTasticError(error)) throw error;
        entry = this.#index.findNext(entry);
        if (entry < 0) throw error;
      }
    }
  }

  /** Loads the blob that an index entry describes, from there and nowhere else. */
  async loadEntry(entry: number, signal?: AbortSignal): Promise<Uint8Array> {
    const index = this.#index;
    if (index.isPending(entry)) {
      const id = idFromBytes(index.id(entry));
      throw new TasticError("blob-not-found", `blob ${id} was taken in, but is not in a pack yet`, {
        guidance: "Flush what writes it before it is loaded.",
        data: { id },
      });
    }
    const pack = { type: "pack", name: this.packId(entry) } as const;
    const range = { offset: index.offset(entry), length: index.length(entry) };
    const sealed = await (index.kind(entry) === TREE
      ? this.#trees.load(entry, signal)
      : this.#storage.load(pack, range, { signal }));
    try {
      return this.openEntry(entry, sealed);
    } catch (error) {
      if (!isTasticError(error)) throw error;
      // A transfer may have gone wrong once, or a cache be damaged; what is stored does not change.
      this.#trees.forget();
      const again = await this.#storage.load(pack, range, { signal, cache: "renew" });
      if (Buffer.compare(again, sealed) === 0) throw error;
      return this.openEntry(entry, again);
    }
  }

  /** Loads a stretch of a pack as it is stored. */
  loadRange(pack: PackId, range: PackRange, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { offset, length } = range;
    return this.#storage.load({ type: "pack", name: pack }, { offset, length }, { signal });
  }

  /** Opens an entry's sealed bytes. */
  openEntry(entry: number, sealed: Uint8Array): Uint8Array {
    const index = this.#index;
    const id = index.id(entry);
    return openBlob(this.#opener, id, sealed, index.uncompressedLength(entry), describeEntry(index, entry));
  }

  /** An entry's content as it was sealed, which may be compressed. Errors: `damaged-ciphertext`, `zero-nonce`. */
  unsealEntry(entry: number, sealed: Uint8Array): Uint8Array {
    return this.#opener.sealer.open(sealed, describeEntry(this.#index, entry));
  }

  packId(entry: number): PackId {
    return idFromBytes<PackId>(this.#index.id(this.#index.pack(entry)));
  }
}

export function blobNotFound(type: BlobType, id: BlobId): TasticError {
  return new TasticError("blob-not-found", `${type} blob ${id} is in no index of the repository`, {
    guidance: "Run `check`; if packs are there that no index lists, `repair index` finds them again.",
    data: { type, id },
  });
}
