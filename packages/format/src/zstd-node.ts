/**
 * zstd from `node:zlib`, which has it since Node.js 22.15 and 23.8.
 */
import * as zlib from "node:zlib";
import { systemErrorCode } from "@tastic/errors";
import { DamagedFrame, type ZstdCodec } from "./zstd.js";

/** The part of `node:zlib` that older type definitions do not know. */
interface ZlibWithZstd {
  zstdCompressSync(data: Uint8Array, options: { params: Readonly<Record<number, number>> }): Uint8Array;
  zstdDecompressSync(data: Uint8Array, options: { chunkSize: number; maxOutputLength: number }): Uint8Array;
}

/** Numbers of zstd's own interface, which `zlib.constants` repeats. */
const COMPRESSION_LEVEL = 100;
const CONTENT_SIZE_FLAG = 200;
const CHECKSUM_FLAG = 201;
const MIN_CHUNK_SIZE = 64;

function hasZstd(module: object): module is ZlibWithZstd {
  return "zstdCompressSync" in module && "zstdDecompressSync" in module;
}

/** The implementation, or undefined where the runtime has none. */
export function nodeZstd(): ZstdCodec | undefined {
  const module: object = zlib;
  return hasZstd(module) ? new NodeZstd(module) : undefined;
}

class NodeZstd implements ZstdCodec {
  readonly #zlib: ZlibWithZstd;

  constructor(module: ZlibWithZstd) {
    this.#zlib = module;
  }

  compress(data: Uint8Array, level: number): Uint8Array {
    const params = { [COMPRESSION_LEVEL]: level, [CONTENT_SIZE_FLAG]: 1, [CHECKSUM_FLAG]: 0 };
    return this.#zlib.zstdCompressSync(data, { params });
  }

  decompressFrame(frame: Uint8Array, capacity: number): Uint8Array | "too-long" {
    try {
      // With a byte to spare, all of the output fits into the first chunk and is not copied.
      const chunkSize = Math.max(MIN_CHUNK_SIZE, capacity + 1);
      const content = this.#zlib.zstdDecompressSync(frame, {
        chunkSize,
        maxOutputLength: Math.max(1, capacity),
      });
      return content.length > capacity ? "too-long" : content;
    } catch (cause) {
      if (systemErrorCode(cause) === "ERR_BUFFER_TOO_LARGE") return "too-long";
      throw new DamagedFrame("node:zlib refused a frame", { cause });
    }
  }
}
