/**
 * Writing index files (restic's design, "Indexing"): which pack holds which blobs, as JSON, exactly as restic does.
 *
 * An index lists tens of thousands of blobs, so the text is written as bytes straight from raw ids and numbers.
 */
import { TasticError } from "@tastic/errors";
import { HEX_CODES, ID_LENGTH, idToBytes, type PackId } from "./ids.js";
import type { BlobType, PackEntry } from "./pack.js";

const START = Buffer.from('{"packs":[');
const PACK_ID = Buffer.from('{"id":"');
const BLOBS = Buffer.from('","blobs":[');
const BLOB_TYPE: Readonly<Record<BlobType, Uint8Array>> = {
  data: Buffer.from('","type":"data","offset":'),
  tree: Buffer.from('","type":"tree","offset":'),
};
const LENGTH = Buffer.from(',"length":');
const UNCOMPRESSED_LENGTH = Buffer.from(',"uncompressed_length":');
const END_OF_PACK = Buffer.from("]}");
const END = Buffer.from("]}\n");

/** No blob with all its fields and the punctuation around it takes more. */
const MAX_ITEM_LENGTH = 256;
const COMMA = 0x2c;
const CLOSING_BRACE = 0x7d;

/** Collects the JSON of an index: `pack`, then `blob` for each of its blobs, and so on. */
export class IndexEncoder {
  #buffer: Buffer;
  #at = 0;
  #packs = 0;
  #blobs = 0;

  /** @param expectedLength how many bytes the text will have, about: growing to that holds it two or three times over */
  constructor(expectedLength = 0) {
    this.#buffer = Buffer.allocUnsafe(Math.max(expectedLength, 1 << 16));
    this.#text(START);
  }

  /** Begins the next pack. `id` has its 32 raw bytes at `idOffset`. */
  pack(id: Uint8Array, idOffset = 0): void {
    this.#reserve();
    if (this.#packs++ > 0) {
      this.#text(END_OF_PACK);
      this.#buffer[this.#at++] = COMMA;
    }
    this.#blobs = 0;
    this.#text(PACK_ID);
    this.#id(id, idOffset);
    this.#text(BLOBS);
  }

  /**
   * Adds a blob to the pack that was begun last.
   * @param uncompressedLength 0 if the blob is stored as it is
   */
  blob(
    id: Uint8Array,
    type: BlobType,
    offset: number,
    length: number,
    uncompressedLength: number,
    idOffset = 0,
  ): void {
    if (this.#packs === 0) throw new TasticError("invalid-argument", "a blob in an index must be in a pack");
    this.#reserve();
    if (this.#blobs++ > 0) this.#buffer[this.#at++] = COMMA;
    this.#text(PACK_ID);
    this.#id(id, idOffset);
    this.#text(BLOB_TYPE[type]);
    this.#number(offset);
    this.#text(LENGTH);
    this.#number(length);
    if (uncompressedLength !== 0) {
      this.#text(UNCOMPRESSED_LENGTH);
      this.#number(uncompressedLength);
    }
    this.#buffer[this.#at++] = CLOSING_BRACE;
  }

  /** The whole text. Nothing may be added afterwards. */
  finish(): Uint8Array {
    this.#reserve();
    if (this.#packs > 0) this.#text(END_OF_PACK);
    this.#text(END);
    return this.#buffer.subarray(0, this.#at);
  }

  #text(text: Uint8Array): void {
    this.#buffer.set(text, this.#at);
    this.#at += text.length;
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0 || value > 0xffff_ffff) {
      throw new TasticError("invalid-argument", `${value} cannot be an offset or a length in an index`);
    }
    this.#at += this.#buffer.write(String(value), this.#at, "latin1");
  }

  #id(id: Uint8Array, offset: number): void {
    if (offset < 0 || offset + ID_LENGTH > id.length)
      throw new TasticError("invalid-argument", "an id has 32 bytes");
    const buffer = this.#buffer;
    let at = this.#at;
    for (let i = offset; i < offset + ID_LENGTH; i++) {
      const byte = id[i] ?? 0;
      buffer[at++] = HEX_CODES[byte >> 4] ?? 0;
      buffer[at++] = HEX_CODES[byte & 15] ?? 0;
    }
    this.#at = at;
  }

  #reserve(): void {
    if (this.#at + MAX_ITEM_LENGTH <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(this.#buffer.length * 2);
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** A pack and its blobs, for `encodeIndex`. */
export interface IndexPack {
  readonly id: PackId;
  readonly blobs: Iterable<PackEntry>;
}

/**
 * The JSON of an index file, before compression. `IndexEncoder` does the same without objects and strings.
 * @throws TasticError invalid-argument, invalid-format
 */
export function encodeIndex(packs: Iterable<IndexPack>): Uint8Array {
  const encoder = new IndexEncoder();
  const id = new Uint8Array(ID_LENGTH);
  for (const pack of packs) {
    encoder.pack(idToBytes(pack.id, id));
    for (const blob of pack.blobs) {
      encoder.blob(idToBytes(blob.id, id), blob.type, blob.offset, blob.length, blob.uncompressedLength);
    }
  }
  return encoder.finish();
}
