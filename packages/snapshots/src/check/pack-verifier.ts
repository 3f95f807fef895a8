/**
 * Verifying one pack, of which pieces come in order: it must have the hash that is its name, its header must say what
 * the index says, and each blob must open and have the hash that is its id (design.rst, "Pack Format").
 */
import type { IncrementalHash } from "@tastic/crypto";
import { messageOf } from "@tastic/errors";
import {
  HEADER_LENGTH_SIZE,
  SEALING_OVERHEAD,
  decodePackHeader,
  idFromBytes,
  idToBytes,
  readHeaderLength,
} from "@tastic/format";
import type { PackEntry } from "@tastic/format";
import { TREE } from "@tastic/repository";
import type { BlobReader } from "@tastic/repository";
import type { Steps } from "../workers/worker-hand.js";

export class PackVerifier {
  /** What is wrong, for people. */
  readonly problems: string[] = [];
  readonly #reader: BlobReader;
  readonly #pack: number;
  readonly #hash: IncrementalHash;
  #entries: number[] = [];
  #offset = 0;

  /** @param pack its entry in the index */
  constructor(reader: BlobReader, pack: number) {
    this.#reader = reader;
    this.#pack = pack;
    this.#hash = reader.opener.crypto.createHash();
  }

  /**
   * Takes the next bytes, blob by blob.
   * @param entries the blobs in them, which follow each other from the beginning of the bytes
   */
  *piece(bytes: Uint8Array, entries: Iterable<number>): Steps<void> {
    const { index } = this.#reader;
    this.#hash.update(bytes);
    for (const entry of entries) {
      const at = index.offset(entry) - this.#offset;
      try {
        this.#reader.verify(entry, bytes.subarray(at, at + index.length(entry)));
      } catch (error) {
        this.problems.push(`blob ${idFromBytes(index.id(entry))}: ${messageOf(error)}`);
      }
      this.#entries.push(entry);
      yield;
    }
    this.#offset += bytes.length;
  }

  /** After the last piece. @param tail what followed the last blob: the sealed header and its length */
  finish(tail: Uint8Array): void {
    this.#checkHeader(tail);
    const found = idFromBytes(this.#hash.digest());
    const expected = idFromBytes(this.#reader.index.id(this.#pack));
    if (found !== expected) this.problems.push(`unexpected pack id ${found}`);
  }

  #checkHeader(tail: Uint8Array): void {
    const size = this.#offset;
    let header: PackEntry[];
    try {
      const length = readHeaderLength(tail.subarray(-HEADER_LENGTH_SIZE), size, "header");
      if (length !== tail.length - HEADER_LENGTH_SIZE || length < SEALING_OVERHEAD) {
        this.problems.push(
          `header: its length is ${length}, but the index implies ${tail.length - HEADER_LENGTH_SIZE}`,
        );
        return;
      }
      const sealed = tail.subarray(0, length);
      header = decodePackHeader(this.#reader.opener.sealer.open(sealed, "header"), size, "header");
    } catch (error) {
      this.problems.push(messageOf(error));
      return;
    }
    const { index } = this.#reader;
    const agrees =
      header.length === this.#entries.length &&
      header.every(({ type, id, offset, length, uncompressedLength }, i) => {
        const entry = this.#entries[i] ?? 0;
        return (
          (type === "tree") === (index.kind(entry) === TREE) &&
          offset === index.offset(entry) &&
          length === index.length(entry) &&
          uncompressedLength === index.uncompressedLength(entry) &&
          Buffer.compare(idToBytes(id), index.id(entry)) === 0
        );
      });
    if (!agrees) this.problems.push("header and index do not list the same blobs");
  }
}
