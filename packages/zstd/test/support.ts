// Data, frames made by hand, and the contexts that the tests of this package share.
import { readFileSync } from "node:fs";
import { createNodeZstd, createWasmZstd, type ZstdContext } from "@tastic/zstd";
import { isTasticError, type ErrorCode } from "@tastic/errors";
import { expect } from "vitest";

export const MiB = 1 << 20;

/** Every implementation that this runtime has. */
export const contexts: readonly (readonly [string, ZstdContext])[] = [
  ["WebAssembly", createWasmZstd()],
  ...[createNodeZstd()]
    .filter((context) => context !== undefined)
    .map((context) => ["node:zlib", context] as const),
];

/** The text that the fixtures hold once, and a thousand times cut at 6 MiB. */
export const text = Buffer.from(Array.from({ length: 400 }, (_, i) => `line ${i} of ${i * i}\n`).join(""));
export const longText = Buffer.concat(Array.from({ length: 1000 }, () => text)).subarray(0, 6 * MiB);

/** A frame that the zstd program 1.5.4 wrote. */
export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`fixtures/${name}.zst`, import.meta.url));
}

/** Bytes that hardly compress, the same for the same seed. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** A frame of `blocks` blocks that each repeat one byte 128 KiB times; `header` follows the magic number. */
export function repeatFrame(header: readonly number[], blocks: number): Uint8Array {
  const frame = Buffer.alloc(4 + header.length + 4 * blocks);
  frame.writeUInt32LE(0xfd2fb528);
  frame.set(header, 4);
  for (let i = 0; i < blocks; i++) {
    const at = 4 + header.length + 4 * i;
    frame.writeUIntLE((131072 << 3) | (1 << 1) | (i === blocks - 1 ? 1 : 0), at, 3);
  }
  return frame;
}

/** Header bytes after the magic number: no content size, a window of `2 ** log` bytes. */
export const unknownSize = (log: number): readonly number[] => [0x00, (log - 10) << 3];
/** Header bytes after the magic number: a content size of eight bytes, a window of `2 ** log` bytes. */
export const declaredSize = (log: number, size: number): readonly number[] => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(size));
  return [0xc0, (log - 10) << 3, ...bytes];
};

/** Runs `action`, which must throw an error of one of these codes, and returns the error. */
export function refusal(action: () => unknown, ...codes: ErrorCode[]): Error {
  try {
    action();
  } catch (error) {
    if (!isTasticError(error)) throw error;
    expect(codes).toContain(error.code);
    return error;
  }
  throw new Error("nothing was thrown");
}
