import { createRabinChunker, parsePolynomial } from "@tastic/chunker";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { ChunkBuffer } from "../dist/backup/chunk-buffer.js";

const chunker = createRabinChunker(parsePolynomial("3da3358b4dc173"), {
  minSize: 256,
  maxSize: 2048,
  averageBits: 9,
  bufferSize: 5000,
});

/** Cuts bytes that arrive in pieces of these sizes, in turn, as a file's or a stream's do. */
function cut(buffer: ChunkBuffer, bytes: Uint8Array, pieces: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  const take = (): void => {
    for (let chunk = buffer.next(); chunk !== undefined; chunk = buffer.next()) {
      chunks.push(Buffer.from(chunk));
    }
  };
  buffer.reset();
  for (let offset = 0, i = 0; offset < bytes.length; i++) {
    const room = buffer.room();
    expect(room.length).toBeGreaterThan(0);
    const part = bytes.subarray(offset, offset + Math.min(room.length, pieces[i % pieces.length] ?? 1));
    room.set(part);
    buffer.filled(part.length);
    offset += part.length;
    take();
  }
  buffer.end();
  take();
  return chunks;
}

describe("a chunk buffer", () => {
  it("cuts at the same places, however the bytes arrive", () => {
    const buffer = new ChunkBuffer(chunker);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20_000 }),
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 6000 }), { minLength: 1, maxLength: 5 }),
        (length, seed, pieces) => {
          const bytes = sampleBytes(length, seed);
          const whole = cut(buffer, bytes, [5000]);
          const parts = cut(buffer, bytes, pieces);
          expect(Buffer.concat(parts).equals(bytes)).toBe(true);
          expect(parts.map(({ length: size }) => size)).toEqual(whole.map(({ length: size }) => size));
          for (const chunk of parts.slice(0, -1)) expect(chunk.length).toBeGreaterThanOrEqual(256);
          for (const chunk of parts) expect(chunk.length).toBeLessThanOrEqual(2048);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([0, 1, 255, 256, 257, 2047, 2048, 2049, 4999, 5000, 5001])("cuts %i zeros", (length) => {
    const chunks = cut(new ChunkBuffer(chunker), new Uint8Array(length), [5000]);
    expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(length);
  });

  it("gives no chunk before it has seen enough, and none after the end", () => {
    const buffer = new ChunkBuffer(chunker);
    const bytes = sampleBytes(2047);
    const [first = Buffer.alloc(0)] = cut(new ChunkBuffer(chunker), bytes, [2047]);
    // Byte by byte: the first chunk comes when the byte after it is there, if not before.
    for (let i = 0; i <= first.length; i++) {
      buffer.room().set(bytes.subarray(i, i + 1));
      buffer.filled(1);
      if (i < first.length) expect(buffer.next()).toBeUndefined();
    }
    expect(Buffer.from(buffer.next() ?? []).equals(first)).toBe(true);
    buffer.end();
    while (buffer.next() !== undefined);
    expect(buffer.next()).toBeUndefined();
  });

  it("forgets all of the last file", () => {
    const buffer = new ChunkBuffer(chunker);
    const bytes = sampleBytes(3000, 7);
    const first = cut(buffer, bytes, [3000]);
    buffer.reset();
    buffer.room().fill(1, 0, 100);
    buffer.filled(100);
    expect(cut(buffer, bytes, [3000])).toEqual(first);
  });
});
