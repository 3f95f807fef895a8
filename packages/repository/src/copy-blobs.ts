/**
 * Copying blobs from one repository to another. Only the seal is a new one, as the key is: what was compressed stays as
 * it is, unless the other repository's version forbids it, or asks for compression where this one's knew none.
 */
import { isTasticError } from "@tastic/errors";
import { idFromBytes } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import { TREE } from "./blob-entry.js";
import { throwIfCancelled } from "./cancellation.js";
import type { PackedBlob } from "./packer.js";
import type { Repository } from "./repository.js";
import { readSealed } from "./sealed-blobs.js";
import type { WantedPack } from "./sealed-blobs.js";
import type { RepositoryWriter } from "./writer.js";

/** What was stored. */
export interface CopiedBlobs {
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  /** Bytes in the packs of the other repository. */
  readonly bytes: number;
}

export interface CopyBlobsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called for each blob, with its length in the source. */
  onBlob?(length: number): void;
  /** Called after each pack. */
  onPack?(): void;
}

/**
 * Copies blobs of `source`, whose index is loaded, to `writer` of `destination`. Those that are known there are left
 * out. The writer is yet to be flushed.
 * Errors: those of a blob of which no copy is whole, of the writer, of the store.
 */
export async function copyBlobs(
  source: Repository,
  destination: Repository,
  writer: RepositoryWriter,
  packs: Iterable<WantedPack>,
  options: CopyBlobsOptions = {},
): Promise<CopiedBlobs> {
  const copied = { dataBlobs: 0, treeBlobs: 0, bytes: 0 };
  for await (const stretch of readSealed(source, packs, options.signal)) {
    for (const entry of stretch.entries) {
      const copy = new BlobCopy(source, destination, writer, entry);
      const { isNew, storedLength } = await copy.store(stretch.sealed(entry), options.signal);
      options.onBlob?.(source.index.length(entry));
      if (!isNew) continue;
      copied.bytes += storedLength;
      if (copy.type === "tree") copied.treeBlobs++;
      else copied.dataBlobs++;
    }
    if (stretch.isLast) options.onPack?.();
  }
  return copied;
}

class BlobCopy {
  readonly type: "tree" | "data";
  readonly #source: Repository;
  readonly #destination: Repository;
  readonly #writer: RepositoryWriter;
  readonly #entry: number;

  constructor(source: Repository, destination: Repository, writer: RepositoryWriter, entry: number) {
    this.#source = source;
    this.#destination = destination;
    this.#writer = writer;
    this.#entry = entry;
    this.type = source.index.kind(entry) === TREE ? "tree" : "data";
  }

  async store(sealed: Uint8Array | undefined, signal: AbortSignal | undefined): Promise<PackedBlob> {
    const { blobs, index } = this.#source;
    const id = index.id(this.#entry);
    let content: Uint8Array | undefined;
    try {
      if (sealed !== undefined && this.#keepsForm()) content = blobs.unsealEntry(this.#entry, sealed);
    } catch (error) {
      if (!isTasticError(error)) throw error;
      // Another copy may be whole.
    }
    if (content === undefined) return this.#writer.add(this.type, id, await this.#load(sealed, signal));
    try {
      return await this.#writer.addContent(this.type, id, content, index.uncompressedLength(this.#entry));
    } catch (error) {
      // If what was sealed in the source was wrong already, that is the error.
      if (sealed !== undefined && isTasticError(error, "internal")) blobs.openEntry(this.#entry, sealed);
      throw error;
    }
  }

  /** Is the blob stored there as it is stored here? */
  #keepsForm(): boolean {
    const from = this.#source.config.version;
    const to = this.#destination.config.version;
    const isCompressed = this.#source.index.uncompressedLength(this.#entry) > 0;
    // A version 2 that did not compress data had its reasons; trees it compresses always.
    return isCompressed ? to === 2 : to === 1 || (from === 2 && this.type === "data");
  }

  /** The verified plaintext, from here or from another copy. */
  async #load(sealed: Uint8Array | undefined, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { blobs, index } = this.#source;
    try {
      if (sealed !== undefined) return blobs.openEntry(this.#entry, sealed);
    } catch (error) {
      throwIfCancelled(signal);
      if (!isTasticError(error)) throw error;
    }
    return this.#source.loadBlob(this.type, idFromBytes<BlobId>(index.id(this.#entry)), signal);
  }
}
