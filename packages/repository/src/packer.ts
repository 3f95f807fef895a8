/**
 * Packing: turns new blobs into packs, synchronously, on whatever thread it runs.
 *
 * A blob is hashed, claimed in the shared index, and only if it is new compressed, sealed and appended to the open
 * pack of its kind. Trees and data are never mixed (design.rst, "Pack Format"). A finished pack waits in the
 * packer until its owner takes it and sees to its storage.
 */
import type { CryptoProvider, MasterKey, Sealer } from "@tastic/crypto";
import { SEAL_OVERHEAD } from "@tastic/crypto";
import { TasticError } from "@tastic/errors";
import {
  COMPRESSED_ENTRY_LENGTH,
  HEADER_LENGTH_SIZE,
  MAX_HEADER_ENTRIES,
  PackHeaderBuilder,
  compressionLevel,
} from "@tastic/format";
import type { BlobType, CompressionMode } from "@tastic/format";
import type { ZstdContext } from "@tastic/zstd";
import { BlobIndex, DATA, TREE } from "./blob-index.js";
import type { SharedBlobIndex } from "./blob-index.js";

/** What a packer must know; structured-cloneable, so that a worker can make its own. */
export interface PackerSettings {
  readonly index: SharedBlobIndex;
  readonly key: MasterKey;
  readonly version: 1 | 2;
  readonly compression: CompressionMode;
  /** Bytes at which a pack is finished. */
  readonly packSize: number;
  /** Open, decompress and hash each blob again after it was sealed, so that no broken memory ends in a backup. */
  readonly verify: boolean;
}

/** What became of a blob that was given to a packer. */
export interface PackedBlob {
  /** Was it not in the repository before? */
  readonly isNew: boolean;
  /** Bytes that it takes in its pack; 0 if it was known. */
  readonly storedLength: number;
}

/** A complete pack that waits to be stored. */
export interface FinishedPack {
  readonly type: BlobType;
  /** SHA-256 of `bytes`. */
  readonly id: Uint8Array;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The index entries of its blobs, in the order of the pack. */
  readonly entries: Uint32Array<ArrayBuffer>;
}

export class Packer {
  readonly #settings: PackerSettings;
  readonly #crypto: CryptoProvider;
  readonly #zstd: ZstdContext;
  readonly #sealer: Sealer;
  readonly #index: BlobIndex;
  readonly #open = new Map<BlobType, OpenPack>();
  readonly #finished: FinishedPack[] = [];

  constructor(settings: PackerSettings, crypto: CryptoProvider, zstd: ZstdContext) {
    this.#settings = settings;
    this.#crypto = crypto;
    this.#zstd = zstd;
    this.#sealer = crypto.createSealer(settings.key);
    this.#index = BlobIndex.attach(settings.index);
  }

  /** Stores a blob unless it is known. `id` is its SHA-256. */
  add(type: BlobType, id: Uint8Array, plaintext: Uint8Array): PackedBlob {
    const entry = this.#index.claim(id, type === "tree" ? TREE : DATA);
    if (entry < 0) return { isNew: false, storedLength: 0 };
    const content = this.#compress(type, plaintext);
    const compressed = content !== plaintext;
    const length = content.length + SEAL_OVERHEAD;
    const pack = this.#packFor(type, length);
    const sealed = this.#sealer.seal(content, pack.reserve(length));
    if (this.#settings.verify) this.#verify(id, sealed, compressed ? plaintext.length : 0);
    pack.append(entry, id, length, compressed ? plaintext.length : 0);
    if (pack.size >= this.#settings.packSize || pack.count >= MAX_HEADER_ENTRIES) this.#finish(type);
    return { isNew: true, storedLength: length };
  }

  /** The next complete pack, or undefined. */
  takeFinished(): FinishedPack | undefined {
    return this.#finished.shift();
  }

  /** Completes the open packs; take them with `takeFinished`. */
  flush(): void {
    for (const type of [...this.#open.keys()]) this.#finish(type);
  }

  /** Version 1 knows no compression; in version 2 trees are always compressed, and what gains nothing stays raw. */
  #compress(type: BlobType, plaintext: Uint8Array): Uint8Array {
    const { version, compression } = this.#settings;
    if (version < 2 || plaintext.length === 0 || (type === "data" && compression === "off")) return plaintext;
    const compressed = this.#zstd.compress(plaintext, compressionLevel(compression));
    return compressed.length < plaintext.length ? compressed : plaintext;
  }

  #packFor(type: BlobType, length: number): OpenPack {
    let pack = this.#open.get(type);
    if (pack === undefined) {
      pack = new OpenPack(type, Math.max(this.#settings.packSize, length));
      this.#open.set(type, pack);
    }
    return pack;
  }

  /** Opens what was just sealed, piece by piece: the largest blob is not held a second time. */
  #verify(id: Uint8Array, sealed: Uint8Array, uncompressedLength: number): void {
    const what = "the blob that was just sealed";
    const content = this.#sealer.open(sealed, what);
    const hash = this.#crypto.createHash();
    if (uncompressedLength > 0) {
      const options = { uncompressedLength, maxLength: uncompressedLength, what };
      this.#zstd.decompressTo(content, options, (piece) => hash.update(piece));
    } else {
      hash.update(content);
    }
    if (Buffer.compare(hash.digest(), id) !== 0) {
      throw new TasticError("internal", `${what} does not open to what was sealed`, {
        guidance: "The memory or processor of this machine may be failing: test them before the next backup.",
      });
    }
  }

  #finish(type: BlobType): void {
    const pack = this.#open.get(type);
    if (pack === undefined) return;
    this.#open.delete(type);
    const bytes = pack.complete(this.#sealer);
    const id = this.#crypto.sha256(bytes);
    const entries = pack.placeIn(this.#index, this.#index.addPack(id));
    this.#finished.push({ type, id, bytes, entries });
  }
}

/** A pack that blobs are being appended to, in one buffer. */
class OpenPack {
  readonly #type: BlobType;
  readonly #header = new PackHeaderBuilder();
  readonly #blobs: { entry: number; offset: number; length: number; uncompressedLength: number }[] = [];
  #bytes: Uint8Array<ArrayBuffer>;
  #size = 0;

  constructor(type: BlobType, target: number) {
    this.#type = type;
    this.#bytes = new Uint8Array(target + 1024 * 1024);
  }

  get size(): number {
    return this.#size;
  }

  get count(): number {
    return this.#blobs.length;
  }

  /** Room for the next `length` bytes, with enough left for the header. */
  reserve(length: number): Uint8Array {
    const header = (this.count + 1) * COMPRESSED_ENTRY_LENGTH + SEAL_OVERHEAD + HEADER_LENGTH_SIZE;
    const needed = this.#size + length + header;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(needed + 1024 * 1024);
      larger.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = larger;
    }
    return this.#bytes.subarray(this.#size, this.#size + length);
  }

  /** Takes in the blob that was written to the reserved room. */
  append(entry: number, id: Uint8Array, length: number, uncompressedLength: number): void {
    this.#header.add(this.#type, id, length, uncompressedLength);
    this.#blobs.push({ entry, offset: this.#size, length, uncompressedLength });
    this.#size += length;
  }

  /** Adds the header; returns the whole pack. */
  complete(sealer: Sealer): Uint8Array<ArrayBuffer> {
    const header = this.#header.finish();
    const length = header.length + SEAL_OVERHEAD;
    sealer.seal(header, this.#bytes.subarray(this.#size));
    const end = this.#size + length;
    new DataView(this.#bytes.buffer).setUint32(end, length, true);
    return this.#bytes.subarray(0, end + HEADER_LENGTH_SIZE);
  }

  /** Tells the index where the blobs are; returns their entries in order. */
  placeIn(index: BlobIndex, pack: number): Uint32Array<ArrayBuffer> {
    for (const { entry, ...location } of this.#blobs) index.place(entry, { pack, ...location });
    return Uint32Array.from(this.#blobs, ({ entry }) => entry);
  }
}
