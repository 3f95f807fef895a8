/**
 * Writing zip archives to a stream, in one pass (PKWARE, APPNOTE.TXT 6.3.10; Info-ZIP's extra field "UT").
 *
 * Sizes are known before a file's content only where nothing is compressed, so compressed files are followed by a data
 * descriptor (APPNOTE 4.3.9). Archives and files beyond 4 GiB use the zip64 fields (4.5.3).
 */
import { isUtf8 } from "node:buffer";
import { crc32, createDeflateRaw } from "node:zlib";
import { Output } from "./output.js";

export interface ZipEntry {
  /** Relative, folders with a slash at the end. Bytes, for a file's name need not be UTF-8. */
  readonly name: Uint8Array;
  /** `st_mode`: type and permissions. */
  readonly unixMode: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
}

const STORED = 0;
const DEFLATED = 8;
const UTF8_NAME = 1 << 11;
const HAS_DESCRIPTOR = 1 << 3;
const VERSION = 20;
const VERSION_ZIP64 = 45;
const MADE_ON_UNIX = 3 << 8;
const MSDOS_FOLDER = 0x10;
const MAX_UINT32 = 0xffff_ffff;
const MAX_UINT16 = 0xffff;

interface Written {
  readonly entry: ZipEntry;
  readonly method: number;
  readonly flags: number;
  readonly offset: number;
  readonly crc: number;
  readonly size: number;
  readonly compressedSize: number;
}

export class ZipWriter {
  readonly #output: Output;
  readonly #start: number;
  /** Central directory headers, ready to be written. */
  readonly #central: Buffer[] = [];

  constructor(output: Output) {
    this.#output = output;
    this.#start = output.written;
  }

  /** Adds something whose content is at hand and is stored as it is: a folder, a link with its target. */
  async addStored(entry: ZipEntry, content: Uint8Array): Promise<void> {
    const offset = this.#offset;
    const flags = nameFlag(entry);
    const sizes = { crc: crc32(content), size: content.length, compressedSize: content.length };
    const written = { entry, method: STORED, flags, offset, ...sizes };
    await this.#output.write(localHeader(written, false));
    if (content.length > 0) await this.#output.write(content);
    this.#central.push(centralHeader(written));
  }

  /** Adds a file and compresses it. @param size about how long it is: decides on 64-bit fields */
  async addCompressed(entry: ZipEntry, size: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    const offset = this.#offset;
    const flags = nameFlag(entry) | HAS_DESCRIPTOR;
    // Deflate may make a file a little longer.
    const zip64 = size > MAX_UINT32 - (1 << 24);
    const unknown = { crc: 0, size: 0, compressedSize: 0 };
    await this.#output.write(localHeader({ entry, method: DEFLATED, flags, offset, ...unknown }, zip64));
    const before = this.#output.written;
    const sums = await this.#deflate(content);
    const compressedSize = this.#output.written - before;
    const written = { entry, method: DEFLATED, flags, offset, ...sums, compressedSize };
    await this.#output.write(descriptor(written, zip64));
    this.#central.push(centralHeader(written));
  }

  /** Writes the directory that ends the archive. */
  async finish(): Promise<void> {
    const offset = this.#offset;
    for (const header of this.#central) await this.#output.write(header);
    await this.#output.write(endOfDirectory(this.#central.length, offset, this.#offset - offset));
  }

  get #offset(): number {
    return this.#output.written - this.#start;
  }

  async #deflate(content: AsyncIterable<Uint8Array>): Promise<{ crc: number; size: number }> {
    const deflate = createDeflateRaw();
    const input = new Output(deflate);
    let crc = 0;
    let size = 0;
    const reading = (async () => {
      for await (const bytes of deflate) await this.#output.write(bytes as Uint8Array);
    })();
    const feeding = (async () => {
      for await (const bytes of content) {
        crc = crc32(bytes, crc);
        size += bytes.length;
        await input.write(bytes);
      }
      deflate.end();
    })();
    try {
      await Promise.all([reading, feeding]);
    } catch (error) {
      deflate.destroy();
      await Promise.allSettled([reading, feeding]);
      throw error;
    } finally {
      input.release();
    }
    return { crc, size };
  }
}

function nameFlag({ name }: ZipEntry): number {
  return isUtf8(name) && name.some((byte) => byte >= 0x80) ? UTF8_NAME : 0;
}

/** Date and time of MS-DOS, UTC, from 1980 to 2107. */
function dosTime(mtime: number): { date: number; time: number } {
  const at = new Date(mtime * 1000);
  const year = at.getUTCFullYear();
  if (!(year >= 1980)) return { date: (1 << 5) | 1, time: 0 };
  if (year > 2107) return { date: (127 << 9) | (12 << 5) | 31, time: (23 << 11) | (59 << 5) | 29 };
  return {
    date: ((year - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
  };
}

/** Info-ZIP's "UT": the modification time in seconds, if 32 bits hold it. */
function timeField(mtime: number): Buffer {
  if (mtime < -(2 ** 31) || mtime >= 2 ** 31) return Buffer.alloc(0);
  const field = Buffer.from([0x55, 0x54, 5, 0, 1, 0, 0, 0, 0]);
  field.writeInt32LE(mtime, 5);
  return field;
}

function zip64Field(numbers: readonly number[]): Buffer {
  if (numbers.length === 0) return Buffer.alloc(0);
  const field = Buffer.alloc(4 + 8 * numbers.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * numbers.length, 2);
  for (const [i, number] of numbers.entries()) field.writeBigUInt64LE(BigInt(number), 4 + 8 * i);
  return field;
}

function localHeader(file: Written, zip64: boolean): Buffer {
  const { entry, flags, method, crc, size, compressedSize } = file;
  const header = Buffer.alloc(30);
  const extra = Buffer.concat([
    zip64 ? zip64Field([size, compressedSize]) : Buffer.alloc(0),
    timeField(entry.mtime),
  ]);
  const { date, time } = dosTime(entry.mtime);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(zip64 ? VERSION_ZIP64 : VERSION, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt16LE(time, 10);
  header.writeUInt16LE(date, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(zip64 ? MAX_UINT32 : compressedSize, 18);
  header.writeUInt32LE(zip64 ? MAX_UINT32 : size, 22);
  header.writeUInt16LE(entry.name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, entry.name, extra]);
}

function descriptor({ crc, size, compressedSize }: Written, zip64: boolean): Buffer {
  const bytes = Buffer.alloc(zip64 ? 24 : 16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(crc, 4);
  if (zip64) {
    bytes.writeBigUInt64LE(BigInt(compressedSize), 8);
    bytes.writeBigUInt64LE(BigInt(size), 16);
  } else {
    bytes.writeUInt32LE(compressedSize, 8);
    bytes.writeUInt32LE(size, 12);
  }
  return bytes;
}

function centralHeader(file: Written): Buffer {
  const { entry, flags, method, crc, size, compressedSize, offset } = file;
  const large = [size, compressedSize, offset].filter((number) => number >= MAX_UINT32);
  const extra = Buffer.concat([zip64Field(large), timeField(entry.mtime)]);
  const { date, time } = dosTime(entry.mtime);
  const isFolder = entry.name.at(-1) === 0x2f;
  const version = large.length > 0 ? VERSION_ZIP64 : VERSION;
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_ON_UNIX | version, 4);
  header.writeUInt16LE(version, 6);
  header.writeUInt16LE(flags, 8);
  header.writeUInt16LE(method, 10);
  header.writeUInt16LE(time, 12);
  header.writeUInt16LE(date, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(Math.min(compressedSize, MAX_UINT32), 20);
  header.writeUInt32LE(Math.min(size, MAX_UINT32), 24);
  header.writeUInt16LE(entry.name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(((entry.unixMode << 16) | (isFolder ? MSDOS_FOLDER : 0)) >>> 0, 38);
  header.writeUInt32LE(Math.min(offset, MAX_UINT32), 42);
  return Buffer.concat([header, entry.name, extra]);
}

function endOfDirectory(count: number, offset: number, size: number): Buffer {
  const zip64 = count >= MAX_UINT16 || offset >= MAX_UINT32 || size >= MAX_UINT32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MAX_UINT16), 8);
  end.writeUInt16LE(Math.min(count, MAX_UINT16), 10);
  end.writeUInt32LE(Math.min(size, MAX_UINT32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_UINT32), 16);
  if (!zip64) return end;
  const end64 = Buffer.alloc(56 + 20);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(MADE_ON_UNIX | VERSION_ZIP64, 12);
  end64.writeUInt16LE(VERSION_ZIP64, 14);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(size), 40);
  end64.writeBigUInt64LE(BigInt(offset), 48);
  // The locator of the record just written.
  end64.writeUInt32LE(0x07064b50, 56);
  end64.writeBigUInt64LE(BigInt(offset + size), 64);
  end64.writeUInt32LE(1, 72);
  return Buffer.concat([end64, end]);
}
