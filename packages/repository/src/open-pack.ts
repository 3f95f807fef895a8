/**
 * A pack that blobs are being appended to, in one buffer (design.rst, "Pack Format").
 *
 * The buffer grows in place in address space that is reserved for it. Taken from the heap of the C library, as a plain
 * one of this size is, it would leave holes there that nobody else fits in: half of the memory of a backup.
 */
import type { Sealer } from "@tastic/crypto";
import { SEAL_OVERHEAD } from "@tastic/crypto";
import { TasticError, isTasticError } from "@tastic/errors";
import { COMPRESSED_ENTRY_LENGTH, HEADER_LENGTH_SIZE, PackHeaderBuilder } from "@tastic/format";
import type { BlobType } from "@tastic/format";
import type { BlobIndex } from "./blob-index.js";

/** What is noted of each blob, as words in a row: its index entry, its sealed length, its length before compression. */
const NOTE_WORDS = 3;
/**
 * Addresses that are left for the header, and for the blob that reaches the target: a chunk of a file has 8 MiB at most,
 * and what is not used costs nothing.
 */
const SPARE = 16 << 20;
/** How much a buffer grows by. */
const STEP = 1 << 20;

export class OpenPack {
  readonly type: BlobType;
  readonly #header = new PackHeaderBuilder();
  #notes = new Uint32Array(64 * NOTE_WORDS);
  #count = 0;
  #buffer: ArrayBuffer;
  #size = 0;

  /** @param target how many bytes of blobs there will be, roughly */
  constructor(type: BlobType, target: number) {
    this.type = type;
    this.#buffer = new ArrayBuffer(0, { maxByteLength: target + SPARE });
  }

  /** Bytes of sealed blobs so far. */
  get size(): number {
    return this.#size;
  }

  get count(): number {
    return this.#count;
  }

  /** Room for the next `length` bytes, with enough left for the header. */
  reserve(length: number): Uint8Array {
    const header = (this.count + 1) * COMPRESSED_ENTRY_LENGTH + SEAL_OVERHEAD + HEADER_LENGTH_SIZE;
    const needed = this.#size + length + header;
    if (needed > this.#buffer.byteLength) this.#grow(needed);
    return new Uint8Array(this.#buffer, this.#size, length);
  }

  /** Takes in the blob that was written to the reserved room. */
  append(entry: number, id: Uint8Array, length: number, uncompressedLength: number): void {
    this.#header.add(this.type, id, length, uncompressedLength);
    const at = this.#count * NOTE_WORDS;
    if (at === this.#notes.length) {
      const larger = new Uint32Array(2 * at);
      larger.set(this.#notes);
      this.#notes = larger;
    }
    this.#notes[at] = entry;
    this.#notes[at + 1] = length;
    this.#notes[at + 2] = uncompressedLength;
    this.#count++;
    this.#size += length;
  }

  /** Adds the header; returns the whole pack. Errors: `internal` if the header does not open again. */
  complete(sealer: Sealer): Uint8Array<ArrayBuffer> {
    const header = this.#header.finish();
    const sealed = sealer.seal(header, new Uint8Array(this.#buffer, this.#size));
    // Without its header, all of a pack is lost to a repair; it is small enough to be opened again every time.
    if (!opensTo(sealer, sealed, header)) {
      throw new TasticError("internal", "the header of a new pack does not open to what was sealed", {
        guidance: "The memory or processor of this machine may be failing: test them before the next backup.",
      });
    }
    const end = this.#size + sealed.length;
    new DataView(this.#buffer).setUint32(end, sealed.length, true);
    return new Uint8Array(this.#buffer, 0, end + HEADER_LENGTH_SIZE);
  }

  #grow(needed: number): void {
    if (needed > this.#buffer.maxByteLength) {
      const larger = new ArrayBuffer(0, { maxByteLength: needed + SPARE });
      larger.resize(needed);
      new Uint8Array(larger).set(new Uint8Array(this.#buffer, 0, this.#size));
      this.#buffer = larger;
    }
    const { maxByteLength } = this.#buffer;
    this.#buffer.resize(Math.min(maxByteLength, Math.ceil(needed / STEP) * STEP));
  }

  /** Tells the index where the blobs are; returns their entries in order. */
  placeIn(index: BlobIndex, pack: number): Uint32Array<ArrayBuffer> {
    const entries = new Uint32Array(this.#count);
    let offset = 0;
    for (let i = 0; i < this.#count; i++) {
      const at = i * NOTE_WORDS;
      const entry = this.#notes[at] ?? 0;
      const length = this.#notes[at + 1] ?? 0;
      index.place(entry, { pack, offset, length, uncompressedLength: this.#notes[at + 2] ?? 0 });
      entries[i] = entry;
      offset += length;
    }
    return entries;
  }
}

function opensTo(sealer: Sealer, sealed: Uint8Array, plaintext: Uint8Array): boolean {
  try {
    return Buffer.compare(sealer.open(sealed, "the header of a new pack"), plaintext) === 0;
  } catch (error) {
    if (!isTasticError(error)) throw error;
    return false;
  }
}
