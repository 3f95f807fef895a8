/**
 * zstd (RFC 8878), behind one synchronous interface: `node:zlib` where the runtime has it, else WebAssembly.
 *
 * Both are reached through the same checks here, so that the same input is accepted and refused everywhere.
 */
import { TasticError } from "@tastic/errors";
import { readZstdFrame, type ZstdFrame } from "./zstd-frame.js";

export interface DecompressOptions {
  /** How many bytes must come out, if that is known. */
  readonly uncompressedLength?: number | undefined;
  /** How many bytes may come out at most. */
  readonly maxLength: number;
  /** What is decompressed, for messages. */
  readonly what: string;
}

export interface Zstd {
  /** One frame with its content size and without a checksum, as restic writes. */
  compress(data: Uint8Array, level: number): Uint8Array;
  /**
   * The content of one or more frames, which must fill `data`.
   * @throws TasticError invalid-format; limit-exceeded for more than `maxLength` bytes; unsupported for dictionaries
   */
  decompress(data: Uint8Array, options: DecompressOptions): Uint8Array;
}

/** What an implementation brings. */
export interface ZstdCodec {
  compress(data: Uint8Array, level: number): Uint8Array;
  /**
   * The content of exactly one frame.
   * @param capacity how many bytes may come out
   * @returns "too-long" if more would come out and the implementation can tell this from damage
   * @throws anything if the frame is damaged
   */
  decompressFrame(frame: Uint8Array, capacity: number): Uint8Array | "too-long";
}

/** Puts the checks around an implementation. */
export function checkedZstd(codec: ZstdCodec): Zstd {
  return {
    compress: (data, level) => codec.compress(data, level),
    decompress: (data, options) => decompress(codec, data, options),
  };
}

function decompress(codec: ZstdCodec, data: Uint8Array, options: DecompressOptions): Uint8Array {
  const { uncompressedLength, what } = options;
  if (uncompressedLength !== undefined && uncompressedLength > options.maxLength) {
    throw tooLong(what, options.maxLength);
  }
  const limit = uncompressedLength ?? options.maxLength;
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let start = 0; start < data.length || start === 0;) {
    const frame = readZstdFrame(data, start, what);
    if (!frame.skippable) {
      const part = decompressFrame(codec, data.subarray(start, frame.end), frame, limit - length, options);
      parts.push(part);
      length += part.length;
    }
    start = frame.end;
  }
  if (uncompressedLength !== undefined && length !== uncompressedLength) {
    throw wrongLength(what, length, uncompressedLength);
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, length);
}

function decompressFrame(
  codec: ZstdCodec,
  bytes: Uint8Array,
  frame: ZstdFrame,
  room: number,
  options: DecompressOptions,
): Uint8Array {
  const { uncompressedLength, maxLength, what } = options;
  const overflow = (): TasticError =>
    uncompressedLength === undefined
      ? tooLong(what, maxLength)
      : new TasticError(
          "invalid-format",
          `${what}: decompresses to more than the expected ${uncompressedLength} bytes`,
        );
  if (frame.contentSize !== undefined && frame.contentSize > room) throw overflow();
  const capacity = Math.min(frame.contentSize ?? frame.maxContentSize, room);
  let content: Uint8Array | "too-long";
  try {
    content = codec.decompressFrame(bytes, capacity);
  } catch (cause) {
    if (cause instanceof TasticError) throw cause;
    // A codec that cannot tell "too long" from "damaged" leaves it to whether there could have been more.
    if (frame.contentSize === undefined && frame.maxContentSize > room && !(cause instanceof DamagedFrame)) {
      throw overflow();
    }
    throw new TasticError("invalid-format", `${what}: cannot be decompressed: the zstd frame is damaged`, {
      cause,
    });
  }
  if (content === "too-long") throw overflow();
  if (frame.contentSize !== undefined && content.length !== frame.contentSize) {
    throw wrongLength(what, content.length, frame.contentSize);
  }
  return content;
}

/** Thrown by an implementation that is certain of the damage. */
export class DamagedFrame extends Error {}

function tooLong(what: string, maxLength: number): TasticError {
  return new TasticError("limit-exceeded", `${what}: decompresses to more than ${maxLength} bytes`);
}

function wrongLength(what: string, actual: number, expected: number): TasticError {
  return new TasticError("invalid-format", `${what}: decompresses to ${actual} bytes instead of ${expected}`);
}
