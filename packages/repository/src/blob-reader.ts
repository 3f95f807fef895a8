/**
 * Opening one blob after the other in the same memory, on any thread: for whoever is done with a blob before the next.
 */
import { nodeCrypto, releaseMemory } from "@tastic/crypto";
import type { MasterKey } from "@tastic/crypto";
import { idFromBytes } from "@tastic/format";
import { loadZstd } from "@tastic/zstd";
import { TREE } from "./blob-entry.js";
import { BlobIndex } from "./blob-index.js";
import { checkUncompressedLength, hashMismatch, openBlob } from "./pack-files.js";
import type { BlobOpener } from "./pack-files.js";
import { hashSealed, unseal } from "./sealed-content.js";
import type { SharedBlobIndex } from "./shared-index.js";

/** What another thread needs to open blobs of a repository: structured-cloneable. Holds the master key. */
export interface BlobReaderSettings {
  readonly index: SharedBlobIndex;
  readonly key: MasterKey;
}

/** Longer plaintexts get memory of their own: no chunker in use makes them. */
const KEPT_ROOM = 16 << 20;
const ROOM_STEP = 1 << 20;
/** To name a blob costs as much as to open a small one, so only errors do. */
const UNNAMED = "a blob";

export class BlobReader {
  readonly index: BlobIndex;
  readonly opener: BlobOpener;
  #room = new Uint8Array(0);

  constructor(index: BlobIndex, opener: BlobOpener) {
    this.index = index;
    this.opener = opener;
  }

  /** On another thread than the repository's. */
  static attach({ index, key }: BlobReaderSettings): BlobReader {
    const sealer = nodeCrypto.createSealer(key);
    return new BlobReader(BlobIndex.attach(index), { crypto: nodeCrypto, sealer, zstd: loadZstd() });
  }

  /**
   * The verified plaintext of an entry, whose sealed bytes are given: a view that holds until the next call, or another
   * use of the opener's zstd.
   * Errors: those of `openBlob`.
   */
  open(entry: number, sealed: Uint8Array): Uint8Array {
    try {
      const plaintext = this.#unpack(entry, sealed);
      this.#checkId(entry, this.opener.crypto.sha256(plaintext));
      return plaintext;
    } catch {
      return this.#openNamed(entry, sealed);
    }
  }

  /** Opens an entry's sealed bytes only to see whether they are right. Errors: those of `openBlob`. */
  verify(entry: number, sealed: Uint8Array): void {
    try {
      this.#checkId(entry, hashSealed(this.opener, sealed, this.index.uncompressedLength(entry), UNNAMED));
    } catch {
      this.#openNamed(entry, sealed);
    }
  }

  #unpack(entry: number, sealed: Uint8Array): Uint8Array {
    const length = this.index.uncompressedLength(entry);
    const packed = unseal(this.opener, sealed, UNNAMED);
    if (length === 0) return packed;
    checkUncompressedLength(length, UNNAMED);
    if (length > KEPT_ROOM) return this.opener.zstd.decompress(packed, limitsFor(length));
    let whole: Uint8Array | undefined;
    let used = 0;
    this.opener.zstd.decompressTo(packed, limitsFor(length), (piece) => {
      // What is in one piece stays where it is until the next blob.
      if (piece.length === length) whole = piece;
      else this.#roomFor(length).set(piece, used);
      used += piece.length;
    });
    return whole ?? this.#roomFor(length).subarray(0, used);
  }

  /** At least so many bytes, the same memory again and again. */
  #roomFor(length: number): Uint8Array {
    if (length > this.#room.length) {
      releaseMemory(this.#room);
      this.#room = Buffer.allocUnsafeSlow(Math.ceil(length / ROOM_STEP) * ROOM_STEP);
    }
    return this.#room;
  }

  #checkId(entry: number, hash: Uint8Array): void {
    if (Buffer.compare(hash, this.index.id(entry)) !== 0) throw hashMismatch(UNNAMED);
  }

  /** As the others, slower, with errors that say which blob it is. */
  #openNamed(entry: number, sealed: Uint8Array): Uint8Array {
    const { index } = this;
    const id = index.id(entry);
    return openBlob(this.opener, id, sealed, index.uncompressedLength(entry), describeEntry(index, entry));
  }
}

function limitsFor(length: number): { uncompressedLength: number; maxLength: number; what: string } {
  return { uncompressedLength: length, maxLength: length, what: UNNAMED };
}

/** An entry for error messages: which blob it is, in which pack. */
export function describeEntry(index: BlobIndex, entry: number): string {
  const type = index.kind(entry) === TREE ? "tree" : "data";
  return `${type} blob ${idFromBytes(index.id(entry))} in pack ${idFromBytes(index.id(index.pack(entry)))}`;
}
