// Reproducible input for the tests, from a seed: what the vectors in restic-vectors.ts were made of.

/** Marsaglia's xorshift generator of 32 bits; the seed must not be zero. */
export function xorshift32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}

const WORDS = "the file was not found while reading block at offset of index and will be tried again".split(
  " ",
);

/** Lines of log with a growing counter, some of them repeated further down. */
function text(seed: number, length: number): Uint8Array {
  const next = xorshift32(seed);
  const lines: string[] = [];
  for (let size = 0; size < length;) {
    const repeated = next() % 8 === 0 ? lines[next() % Math.max(1, lines.length)] : undefined;
    const words = Array.from({ length: 4 + (next() % 8) }, () => WORDS[next() % WORDS.length]);
    const line = repeated ?? `${lines.length} ${words.join(" ")}\n`;
    lines.push(line);
    size += line.length;
  }
  return new TextEncoder().encode(lines.join("")).subarray(0, length);
}

function noise(seed: number, length: number): Uint8Array {
  const next = xorshift32(seed);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = next();
  return bytes;
}

/** Noise that repeats itself after 3 MiB, of which every fourth stretch of 64 KiB is zeros. */
function image(seed: number, length: number): Uint8Array {
  const period = noise(seed, 3 * 1024 * 1024);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i >> 16) % 4 === 3 ? 0 : period[i % period.length]!;
  return bytes;
}

/** Every kind of input by its name: (seed, length) to bytes. */
export const kinds = {
  noise,
  text,
  image,
  /** One byte throughout, which is the seed. */
  constant: (seed: number, length: number): Uint8Array => new Uint8Array(length).fill(seed),
} as const;

export type Kind = keyof typeof kinds;
