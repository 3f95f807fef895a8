// The FastCDC chunker cuts piece by piece what the library cuts when it is given everything at once.
import { createFastCdcChunker, type FastCdcOptions } from "@tastic/chunker";
import * as fc from "fast-check";
import { get_chunks as findChunks } from "fastcdc-wasm";
import { describe, expect, it } from "vitest";
import { cutAll } from "./cut-all.js";
import { kinds } from "./data.js";

const MiB = 1024 * 1024;

function lengthsAtOnce(input: Uint8Array, min: number, average: number, max: number): number[] {
  const offsets = findChunks(input.slice(), min, average, max);
  return [...offsets.subarray(1)].map((offset, i) => offset - offsets[i]!);
}

describe("createFastCdcChunker", () => {
  it("cuts as the library does, within the sizes asked for", () => {
    const sizes = fc
      .tuple(
        fc.integer({ min: 64, max: 3000 }),
        fc.integer({ min: 256, max: 3000 }),
        fc.integer({ min: 1024, max: 9000 }),
      )
      .filter(([min, average, max]) => min <= average && average <= max);
    const input = fc.record({
      kind: fc.constantFrom("noise", "text", "constant" as const),
      seed: fc.integer({ min: 1, max: 255 }),
      length: fc.integer({ min: 1, max: 60_000 }),
    });
    fc.assert(
      fc.property(sizes, input, ([minSize, averageSize, maxSize], { kind, seed, length }) => {
        const bytes = kinds[kind](seed, length);
        const lengths = cutAll(createFastCdcChunker({ minSize, averageSize, maxSize }), bytes);
        expect(lengths).toEqual(lengthsAtOnce(bytes, minSize, averageSize, maxSize));
        expect(Math.max(...lengths)).toBeLessThanOrEqual(maxSize);
        expect(Math.min(...lengths.slice(0, -1), minSize)).toBe(minSize);
      }),
      { numRuns: 200 },
    );
  });

  it("does so with the default sizes, and leaves the bytes as they were", () => {
    const input = kinds.noise(11, 12 * MiB);
    const chunker = createFastCdcChunker({ bufferSize: input.length });
    expect(cutAll(chunker, input)).toEqual(lengthsAtOnce(input, MiB / 2, MiB, 8 * MiB));
    expect(Buffer.compare(chunker.buffer, input)).toBe(0);
  });

  it("has restic's sizes by default", () => {
    const { minSize, maxSize, buffer } = createFastCdcChunker();
    expect([minSize, maxSize, buffer.length]).toEqual([MiB / 2, 8 * MiB, 16 * MiB]);
  });

  it("works with the smallest sizes", () => {
    const chunker = createFastCdcChunker({ minSize: 64, averageSize: 256, maxSize: 1024 });
    const input = kinds.noise(3, 10_000);
    expect(cutAll(chunker, input)).toEqual(lengthsAtOnce(input, 64, 256, 1024));
  });

  it.each<FastCdcOptions>([
    { minSize: 63 },
    { minSize: 64, averageSize: 255, maxSize: 1024 },
    { minSize: 64, averageSize: 256, maxSize: 1023 },
    { minSize: 65 * MiB, averageSize: 70 * MiB, maxSize: 80 * MiB },
    { minSize: MiB, averageSize: MiB - 1 },
    { averageSize: 9 * MiB },
    { averageSize: 257 * MiB, maxSize: 300 * MiB },
    { averageSize: Number.NaN },
    { bufferSize: MiB },
  ])("refuses %o", (options) => {
    expect(() => createFastCdcChunker(options)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("refuses an empty range and one beyond the buffer", () => {
    const chunker = createFastCdcChunker({ minSize: 64, averageSize: 256, maxSize: 1024 });
    expect(() => chunker.nextCut(5, 5)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => chunker.nextCut(0, 2049)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});
