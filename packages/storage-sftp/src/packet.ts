/** Packets of the SSH file transfer protocol, version 3 (draft-ietf-secsh-filexfer-02, sections 3 to 7). */

export const packetType = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  fstat: 8,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  stat: 17,
  rename: 18,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extended: 200,
  extendedReply: 201,
} as const;

export const statusCode = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  unsupported: 8,
  // Of version 6; some servers use them.
  alreadyExists: 11,
  noSpace: 14,
  quotaExceeded: 15,
} as const;

export const openFlag = { read: 0x01, write: 0x02, create: 0x08, exclusive: 0x20 } as const;

/** What a server tells of a file; a fact that it does not tell is undefined. */
export interface Attributes {
  readonly size: number | undefined;
  readonly mode: number | undefined;
}

const flagSize = 0x1;
const flagOwner = 0x2;
const flagPermissions = 0x4;
const flagTimes = 0x8;
const flagExtended = 0x80000000;

/** Builds a payload field by field. */
export class PacketWriter {
  readonly #parts: Buffer[] = [];

  uint32(value: number): this {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(value);
    this.#parts.push(bytes);
    return this;
  }

  uint64(value: number): this {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64BE(BigInt(value));
    this.#parts.push(bytes);
    return this;
  }

  string(value: string | Uint8Array): this {
    const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : value;
    this.uint32(bytes.length);
    this.#parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    return this;
  }

  /** Attributes with nothing but permissions in them, or with nothing. */
  attributes(mode?: number): this {
    if (mode === undefined) return this.uint32(0);
    return this.uint32(flagPermissions).uint32(mode);
  }

  append(other: PacketWriter): this {
    this.#parts.push(other.finish());
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Takes a payload apart. Throws a RangeError where it ends too early. */
export class PacketReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get rest(): number {
    return this.#bytes.length - this.#at;
  }

  uint32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  uint64(): number {
    this.#at += 8;
    return Number(this.#bytes.readBigUInt64BE(this.#at - 8));
  }

  /** A view of the packet, not a copy. */
  bytes(): Buffer {
    const length = this.uint32();
    if (length > this.rest) throw new RangeError(`a string of ${length} bytes in ${this.rest}`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  string(): string {
    return this.bytes().toString("utf8");
  }

  attributes(): Attributes {
    const flags = this.uint32();
    const size = (flags & flagSize) === 0 ? undefined : this.uint64();
    if ((flags & flagOwner) !== 0) this.#at += 8;
    const mode = (flags & flagPermissions) === 0 ? undefined : this.uint32();
    if ((flags & flagTimes) !== 0) this.#at += 8;
    if ((flags & flagExtended) !== 0) {
      for (let count = this.uint32(); count > 0; count--) {
        this.bytes();
        this.bytes();
      }
    }
    return { size, mode };
  }
}
