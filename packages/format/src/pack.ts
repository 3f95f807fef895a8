/**
 * Pack files (restic's design, "Pack Format"):
 *
 *     sealed blob … || sealed header || uint32LE length of the sealed header
 *
 * The header's plaintext has an entry per blob: type, sealed length, for compressed blobs the length before compression,
 * and the id. Offsets are not written down; they follow from the lengths.
 */
import { TasticError } from "@tastic/errors";
import { ID_LENGTH, idFromBytes, idToBytes, type BlobId } from "./ids.js";

/** What a blob holds: a piece of a file, or a folder as JSON. */
export type BlobType = "data" | "tree";

export interface PackEntry {
  readonly type: BlobType;
  readonly id: BlobId;
  /** Where the sealed blob begins in the pack. */
  readonly offset: number;
  /** Bytes of the sealed blob: nonce, ciphertext and tag. */
  readonly length: number;
  /** Bytes of the blob before compression; 0 if it is stored as it is. */
  readonly uncompressedLength: number;
}

/** What sealing adds to a plaintext: 16 bytes of nonce, 16 of tag. */
export const SEALING_OVERHEAD = 32;
/** Bytes of a header entry for a blob that is stored as it is. */
export const PLAIN_ENTRY_LENGTH = 1 + 4 + ID_LENGTH;
/** Bytes of a header entry for a compressed blob. */
export const COMPRESSED_ENTRY_LENGTH = PLAIN_ENTRY_LENGTH + 4;
/** Bytes of the length at the very end of a pack. */
export const HEADER_LENGTH_SIZE = 4;
/** The longest sealed header that restic reads. */
export const MAX_HEADER_LENGTH = 16 * 1024 * 1024;
/** A pack with one empty blob is longer than this. */
export const MIN_PACK_SIZE = PLAIN_ENTRY_LENGTH + SEALING_OVERHEAD + HEADER_LENGTH_SIZE;
/** How many blobs fit into a header whatever their kind. */
export const MAX_HEADER_ENTRIES = Math.floor(
  (MAX_HEADER_LENGTH - SEALING_OVERHEAD) / COMPRESSED_ENTRY_LENGTH,
);

const MAX_UINT32 = 0xffff_ffff;
const GUIDANCE = "The pack is damaged. `repair packs` salvages the blobs that are still good.";

/** Collects a header's plaintext entry by entry, without an object or a string per blob. */
export class PackHeaderBuilder {
  #buffer = Buffer.allocUnsafe(64 * COMPRESSED_ENTRY_LENGTH);
  #length = 0;
  #count = 0;

  /** Entries so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of plaintext so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Appends the blob that follows the ones before it in the pack.
   * @param id its 32 raw bytes at `idOffset`
   * @param length bytes of the sealed blob
   * @param uncompressedLength bytes before compression, or 0 if it is stored as it is
   * @throws TasticError limit-exceeded, invalid-argument
   */
  add(type: BlobType, id: Uint8Array, length: number, uncompressedLength: number, idOffset = 0): void {
    if (
      length < SEALING_OVERHEAD ||
      length > MAX_UINT32 ||
      uncompressedLength < 0 ||
      uncompressedLength > MAX_UINT32
    ) {
      throw new TasticError("invalid-argument", `a blob of ${length} bytes cannot be in a pack`);
    }
    if (idOffset < 0 || idOffset + ID_LENGTH > id.length)
      throw new TasticError("invalid-argument", "an id has 32 bytes");
    if (this.#count >= MAX_HEADER_ENTRIES) {
      throw new TasticError("limit-exceeded", `a pack holds ${MAX_HEADER_ENTRIES} blobs at most`);
    }
    this.#reserve();
    const compressed = uncompressedLength !== 0;
    let at = this.#length;
    this.#buffer[at++] = (type === "tree" ? 1 : 0) + (compressed ? 2 : 0);
    at = this.#buffer.writeUInt32LE(length, at);
    if (compressed) at = this.#buffer.writeUInt32LE(uncompressedLength, at);
    for (let i = 0; i < ID_LENGTH; i++) this.#buffer[at + i] = id[idOffset + i] ?? 0;
    this.#length = at + ID_LENGTH;
    this.#count++;
  }

  /** The plaintext; a view that the next `add` may write to. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(): void {
    if (this.#length + COMPRESSED_ENTRY_LENGTH <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(this.#buffer.length * 2);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/**
 * A header's plaintext. The entries must be in the order of their blobs; their offsets are not looked at.
 * @throws TasticError limit-exceeded, invalid-argument, invalid-format
 */
export function encodePackHeader(entries: Iterable<Omit<PackEntry, "offset">>): Uint8Array {
  const builder = new PackHeaderBuilder();
  const id = new Uint8Array(ID_LENGTH);
  for (const entry of entries) {
    builder.add(entry.type, idToBytes(entry.id, id), entry.length, entry.uncompressedLength);
  }
  return builder.finish();
}

/**
 * How long the sealed header of a pack is.
 * @param last4 the last four bytes of the pack
 * @param packSize bytes of the whole pack
 * @throws TasticError invalid-format, limit-exceeded
 */
export function readHeaderLength(last4: Uint8Array, packSize: number, what: string): number {
  const damaged = (problem: string): TasticError =>
    new TasticError("invalid-format", `${what}: ${problem}`, { guidance: GUIDANCE });
  if (packSize < MIN_PACK_SIZE || last4.length !== HEADER_LENGTH_SIZE) throw damaged("file is too short");
  const length = Buffer.from(last4.buffer, last4.byteOffset, HEADER_LENGTH_SIZE).readUInt32LE();
  if (length === 0) throw damaged("header length is zero");
  if (length < SEALING_OVERHEAD + PLAIN_ENTRY_LENGTH) throw damaged("header length is too short");
  if (length > packSize - HEADER_LENGTH_SIZE) throw damaged("header is larger than file");
  if (length > MAX_HEADER_LENGTH) {
    throw new TasticError("limit-exceeded", `${what}: header is larger than ${MAX_HEADER_LENGTH} bytes`);
  }
  return length;
}

/**
 * Reads a header's plaintext.
 * @param packSize bytes of the whole pack: blobs, header and length must add up to it
 * @throws TasticError invalid-format
 */
export function decodePackHeader(plaintext: Uint8Array, packSize: number, what: string): PackEntry[] {
  const damaged = (problem: string): TasticError =>
    new TasticError("invalid-format", `${what}: ${problem}`, { guidance: GUIDANCE });
  const bytes = Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.length);
  const entries: PackEntry[] = [];
  let offset = 0;
  for (let at = 0; at < bytes.length;) {
    const kind = bytes[at] ?? 0;
    if (kind > 3) throw damaged(`invalid type ${kind} in header`);
    const compressed = kind >= 2;
    const end = at + (compressed ? COMPRESSED_ENTRY_LENGTH : PLAIN_ENTRY_LENGTH);
    if (end > bytes.length) throw damaged("header ends in the middle of an entry");
    const length = bytes.readUInt32LE(at + 1);
    const uncompressedLength = compressed ? bytes.readUInt32LE(at + 5) : 0;
    if (length < SEALING_OVERHEAD) throw damaged(`a blob of ${length} bytes is too short to be sealed`);
    if (compressed && uncompressedLength === 0) throw damaged("a compressed blob says that it is empty");
    const id = idFromBytes<BlobId>(bytes, end - ID_LENGTH);
    entries.push({ type: kind % 2 === 1 ? "tree" : "data", id, offset, length, uncompressedLength });
    offset += length;
    at = end;
  }
  if (entries.length === 0) throw damaged("header lists no blobs");
  const size = offset + bytes.length + SEALING_OVERHEAD + HEADER_LENGTH_SIZE;
  if (size !== packSize) throw damaged(`header describes ${size} bytes, but the file has ${packSize}`);
  return entries;
}
