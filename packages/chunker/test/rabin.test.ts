// The WebAssembly kernel against its plain twin and against the definition of the hash.
import {
  createRabinChunker,
  createRabinTwin,
  randomPolynomial,
  type Chunker,
  type ChunkerOptions,
} from "@tastic/chunker";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { remainder } from "../dist/polynomial.js";
import { cutAll } from "./cut-all.js";
import { kinds, xorshift32 } from "./data.js";

const POLYNOMIAL = 0x3da3358b4dc173n;

const polynomials = fc.integer({ min: 1, max: 2 ** 31 }).map((seed) => {
  const next = xorshift32(seed);
  return randomPolynomial((length) => Uint8Array.from({ length }, () => next() >>> 24));
});

const inputs = fc
  .record({
    kind: fc.constantFrom("noise", "text", "constant" as const),
    seed: fc.integer({ min: 1, max: 255 }),
    length: fc.integer({ min: 1, max: 150_000 }),
  })
  .map(({ kind, seed, length }) => kinds[kind](seed, length));

const options = fc
  .record({
    minSize: fc.oneof(fc.constant(64), fc.integer({ min: 64, max: 20_000 })),
    more: fc.integer({ min: 0, max: 60_000 }),
    spare: fc.integer({ min: 0, max: 100_000 }),
    averageBits: fc.integer({ min: 1, max: 16 }),
  })
  .map(({ minSize, more, spare, averageBits }): Required<ChunkerOptions> => {
    const maxSize = minSize + more;
    return { minSize, maxSize, bufferSize: maxSize + spare, averageBits };
  });

/** Every position at which the hash of the 64 bytes before has the low bits zero, by the twin. */
function cutPositions(twin: Chunker, length: number): number[] {
  const positions: number[] = [];
  // A chunk that starts 63 bytes before a position may be cut right after it.
  for (let start = 0; length - start >= 64; start = positions.at(-1)! - 63) {
    const position = twin.nextCut(start, length);
    if (position === length) break;
    positions.push(position);
  }
  return positions;
}

describe("the kernel", () => {
  it("cuts as its twin, all of the input, within the sizes asked for", () => {
    fc.assert(
      fc.property(polynomials, inputs, options, (polynomial, input, sizes) => {
        const lengths = cutAll(createRabinChunker(polynomial, sizes), input);
        expect(lengths).toEqual(cutAll(createRabinTwin(polynomial, sizes), input));
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(input.length);
        expect(Math.max(...lengths)).toBeLessThanOrEqual(sizes.maxSize);
        expect(Math.min(...lengths.slice(0, -1), sizes.minSize)).toBe(sizes.minSize);
      }),
      { numRuns: 200 },
    );
  });

  it.each([8, 11, 13])("finds the first of all cuts from wherever it starts, with %i bits", (averageBits) => {
    const input = kinds.noise(averageBits, 120_000);
    const sizes = { minSize: 64, maxSize: input.length, bufferSize: input.length, averageBits };
    const twin = createRabinTwin(POLYNOMIAL, sizes);
    const kernel = createRabinChunker(POLYNOMIAL, sizes);
    twin.buffer.set(input);
    kernel.buffer.set(input);
    const positions = cutPositions(twin, input.length);
    expect(positions.length).toBeGreaterThan(5);

    const wrong: number[] = [];
    for (let start = 0; start < 40_000; start++) {
      const expected = positions.find((position) => position >= start + 64) ?? input.length;
      if (kernel.nextCut(start, input.length) !== expected) wrong.push(start);
    }
    expect(wrong).toEqual([]);
  });

  it("cuts where the residue of the last 64 bytes ends in zeros, and nowhere before", () => {
    const input = kinds.noise(77, 20_000);
    const chunker = createRabinChunker(POLYNOMIAL, { minSize: 100, maxSize: 20_000, averageBits: 8 });
    chunker.buffer.set(input);
    const isCut = (position: number) => {
      const window = BigInt(`0x${Buffer.from(input.subarray(position - 64, position)).toString("hex")}`);
      return (remainder(window, POLYNOMIAL) & 0xffn) === 0n;
    };
    let cuts = 0;
    for (let start = 0; start < 10_000; cuts++) {
      let expected = start + 100;
      while (!isCut(expected)) expected++;
      expect(chunker.nextCut(start, input.length)).toBe(expected);
      start = expected;
    }
    expect(cuts).toBeGreaterThan(10);
  });

  it("takes no account of bytes outside of the range, nor of earlier calls", () => {
    const sizes = { minSize: 64, maxSize: 4096, averageBits: 10 };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: 4096 }),
        fc.integer({ min: 1, max: 4096 }),
        (seed, start, length) => {
          const chunker = createRabinChunker(POLYNOMIAL, sizes);
          const input = kinds.noise(seed, length);
          chunker.buffer.set(input);
          const alone = chunker.nextCut(0, length);
          chunker.buffer.set(kinds.noise(seed + 1, 8192));
          chunker.nextCut(seed, 8192);
          chunker.buffer.set(input, start);
          expect(chunker.nextCut(start, start + length)).toBe(start + alone);
        },
      ),
    );
  });
});

describe.each([
  ["createRabinChunker", createRabinChunker],
  ["createRabinTwin", createRabinTwin],
] as const)("%s", (_, create) => {
  it("has restic's sizes by default", () => {
    const { minSize, maxSize, buffer } = create(POLYNOMIAL);
    expect([minSize, maxSize, buffer.length]).toEqual([524_288, 8_388_608, 16_777_216]);
  });

  it.each([0n, 1n, 0x1fffffffffffffn, 1n << 54n, -POLYNOMIAL])("refuses polynomial %s", (polynomial) => {
    expect(() => create(polynomial)).toThrow(expect.objectContaining({ code: "unsupported" }));
  });

  it.each<ChunkerOptions>([
    { minSize: 63 },
    { minSize: 100.5 },
    { minSize: 4096, maxSize: 4095 },
    { maxSize: 2 ** 30 },
    { maxSize: Number.NaN },
    { maxSize: 4096, minSize: 64, bufferSize: 4095 },
    { bufferSize: 2 ** 31 },
    { averageBits: 0 },
    { averageBits: 31 },
  ])("refuses %o", (options) => {
    expect(() => create(POLYNOMIAL, options)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  it.each([
    [0, 0],
    [10, 10],
    [11, 10],
    [-1, 10],
    [0, 8193],
    [0.5, 10],
    [0, Number.NaN],
  ])("refuses to cut [%d, %d)", (start, end) => {
    const chunker = create(POLYNOMIAL, { minSize: 64, maxSize: 4096 });
    expect(() => chunker.nextCut(start, end)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});
