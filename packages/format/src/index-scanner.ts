/**
 * The fast path of reading an index: a scanner for exactly the bytes that restic writes (keys in its order, no white
 * space), which makes no object and no string per blob.
 */
import { HEX_VALUES, ID_LENGTH } from "./ids.js";
import type { BlobType } from "./pack.js";

/** Hears what an index lists. */
export interface IndexVisitor {
  /** A pack. `id` holds its 32 bytes until the call returns. */
  pack(id: Uint8Array): void;
  /**
   * A blob of the pack that was told last. `id` holds its 32 bytes until the call returns; `offset` and `length` say
   * where its sealed bytes are in the pack; `uncompressedLength` is 0 if it is stored as it is.
   */
  blob(id: Uint8Array, type: BlobType, offset: number, length: number, uncompressedLength: number): void;
}

const START = Buffer.from('{"packs":[');
const ID = Buffer.from('{"id":"');
const BLOBS = Buffer.from('","blobs":[');
const TYPE = Buffer.from('","type":"');
const DATA = Buffer.from("data");
const TREE = Buffer.from("tree");
const OFFSET = Buffer.from('","offset":');
const LENGTH = Buffer.from(',"length":');
const UNCOMPRESSED_LENGTH = Buffer.from(',"uncompressed_length":');
const END_OF_PACK = Buffer.from("]}");
const END = Buffer.from("]}");

const COMMA = 0x2c;
const CLOSING_BRACKET = 0x5d;
const CLOSING_BRACE = 0x7d;
const LINE_FEED = 0x0a;

export class IndexScanner {
  readonly #bytes: Uint8Array;
  readonly #visitor: IndexVisitor;
  readonly #id = new Uint8Array(ID_LENGTH);
  #at = 0;

  /** Packs told to the visitor so far. */
  packs = 0;
  /** Blobs of the last of them that were told. */
  blobs = 0;

  constructor(bytes: Uint8Array, visitor: IndexVisitor) {
    this.#bytes = bytes;
    this.#visitor = visitor;
  }

  /** Scans to the end, or to the first byte that is not as restic writes it: then false. */
  scan(): boolean {
    if (!this.#skip(START)) return false;
    if (this.#bytes[this.#at] !== CLOSING_BRACKET) {
      do {
        if (!this.#pack()) return false;
      } while (this.#skipByte(COMMA));
    }
    if (!this.#skip(END)) return false;
    this.#skipByte(LINE_FEED);
    return this.#at === this.#bytes.length;
  }

  #pack(): boolean {
    if (!this.#skip(ID) || !this.#readId() || !this.#skip(BLOBS)) return false;
    this.packs++;
    this.blobs = 0;
    this.#visitor.pack(this.#id);
    if (this.#bytes[this.#at] !== CLOSING_BRACKET) {
      do {
        if (!this.#blob()) return false;
      } while (this.#skipByte(COMMA));
    }
    return this.#skip(END_OF_PACK);
  }

  #blob(): boolean {
    if (!this.#skip(ID) || !this.#readId() || !this.#skip(TYPE)) return false;
    const isTree = this.#skip(TREE);
    if (!isTree && !this.#skip(DATA)) return false;
    if (!this.#skip(OFFSET)) return false;
    const offset = this.#readNumber();
    if (!this.#skip(LENGTH)) return false;
    const length = this.#readNumber();
    const uncompressedLength = this.#skip(UNCOMPRESSED_LENGTH) ? this.#readNumber() : 0;
    if (offset < 0 || length < 0 || uncompressedLength < 0 || !this.#skipByte(CLOSING_BRACE)) return false;
    this.blobs++;
    this.#visitor.blob(this.#id, isTree ? "tree" : "data", offset, length, uncompressedLength);
    return true;
  }

  #skip(text: Uint8Array): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
    this.#at = at + text.length;
    return true;
  }

  #skipByte(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #readId(): boolean {
    const bytes = this.#bytes;
    const id = this.#id;
    let at = this.#at;
    if (at + 2 * ID_LENGTH > bytes.length) return false;
    let seen = 0;
    for (let i = 0; i < ID_LENGTH; i++) {
      const high = HEX_VALUES[bytes[at++] ?? 0] ?? 255;
      const low = HEX_VALUES[bytes[at++] ?? 0] ?? 255;
      seen |= high | low;
      id[i] = (high << 4) | low;
    }
    this.#at = at;
    return seen <= 15;
  }

  /** A number from 0 to 2^32 - 1 in its shortest form, or -1. */
  #readNumber(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let value = 0;
    for (; ; at++) {
      const digit = (bytes[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      if (value > 0xffff_ffff) return -1;
    }
    this.#at = at;
    const isShortest = at - start === 1 || bytes[start] !== 0x30;
    return at > start && isShortest ? value : -1;
  }
}
