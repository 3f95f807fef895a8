// The kernel that counts, masks and compares tags: each against numbers, and what it leaves behind.
import { nodeCrypto } from "@tastic/crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { poly1305Twin } from "../dist/poly1305-twin.js";
import { createSealingKernel, sharedSealingKernel } from "../dist/sealing-kernel.js";
import { codeOf, fromHex, join, someKey, toHex } from "./support.js";

/** `count` counter blocks from `first` on, as numbers are counted. */
function countersTwin(first: Uint8Array, count: number): string {
  const start = BigInt(`0x${toHex(first)}`);
  return Array.from({ length: count }, (_, i) =>
    ((start + BigInt(i)) % (1n << 128n)).toString(16).padStart(32, "0"),
  ).join("");
}

const block = fc.uint8Array({ minLength: 16, maxLength: 16 });
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);
const sample = (length: number) => Uint8Array.from({ length }, (_, i) => ((i * 11) % 251) | 1);

describe("the sealing kernel", () => {
  const kernel = createSealingKernel();
  const { functions, window, frame, stream, counter, key } = kernel;

  it("counts as numbers do, wherever they carry", () => {
    // `ones` bytes of ff before a last byte that carries within the run.
    const carrying = fc
      .tuple(block, fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 255 }))
      .map(([bytes, ones, last]) => {
        bytes.fill(0xff, 15 - ones);
        bytes[15] = last;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(block, carrying), fc.integer({ min: 0, max: 512 }), (first, count) => {
        stream.fill(0xaa);
        counter.set(first);
        functions.count(count);
        expect(toHex(stream.subarray(0, 16 * count))).toBe(countersTwin(first, count));
        expect(stream.subarray(16 * count).every((byte) => byte === 0xaa)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each([1, 2, 4, 8, 12, 15, 16])("carries out of %i bytes", (bytes) => {
    const first = fromHex("00".repeat(16 - bytes) + "ff".repeat(bytes));
    counter.set(first);
    functions.count(3);
    expect(toHex(stream.subarray(0, 48))).toBe(countersTwin(first, 3));
  });

  it("masks every length, clears the stream and spares what is behind the last block", () => {
    for (const length of [0, 1, 15, 16, 17, 100, 8191, 8192]) {
      const blocks = (length + 15) & ~15;
      window.fill(0x55);
      stream.set(sample(stream.length));
      functions.mask(length);
      const expected = sample(blocks).map((byte) => byte ^ 0x55);
      expect(Buffer.compare(window.subarray(0, blocks), expected)).toBe(0);
      expect(window.subarray(blocks).every((byte) => byte === 0x55)).toBe(true);
      expect(isZero(stream.subarray(0, blocks))).toBe(true);
    }
  });

  it("writes the tag behind the message and finds it there, changed or not", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 0, max: 127 }),
        (oneTimeKey, message, bit) => {
          const begin = () => {
            key.set(oneTimeKey);
            functions.begin();
            window.set(message);
          };
          const { length } = message;
          begin();
          functions.conclude(length);
          const sealed = Uint8Array.from(window.subarray(0, length + 16));
          const tag = poly1305Twin(oneTimeKey, message);
          expect(toHex(sealed)).toBe(toHex(join(message, tag)));

          begin();
          window.set(tag, length);
          expect(functions.verify(length)).toBe(1);

          tag[bit >> 3] = (tag[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          begin();
          window.set(tag, length);
          expect(functions.verify(length)).toBe(0);
        },
      ),
    );
  });

  it("verifies a full window, whose tag is in the room behind it", () => {
    const message = sample(window.length);
    key.set(sample(32));
    functions.begin();
    window.set(message);
    functions.conclude(message.length);
    const tag = Uint8Array.from(frame.subarray(16 + message.length));
    expect(toHex(tag)).toBe(toHex(poly1305Twin(sample(32), message)));
    functions.begin();
    window.set(message);
    expect(functions.verify(message.length)).toBe(1);
  });
});

describe("after it is used by a sealer, this thread's kernel", () => {
  const { stream, window } = sharedSealingKernel();
  const sealer = nodeCrypto.createSealer(someKey);

  it.each([1, 16, 100, 8191, 8192])("holds neither text nor key stream of %i bytes", (length) => {
    const sealed = sealer.seal(sample(length));
    expect(isZero(stream)).toBe(true);
    expect(toHex(window.subarray(0, length))).toBe(toHex(sealed.subarray(16, 16 + length)));
    window.fill(0);
    sealer.open(sealed, "x");
    expect(isZero(stream)).toBe(true);
    expect(isZero(window.subarray(0, length))).toBe(true);

    // What does not verify is not decrypted.
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    expect(codeOf(() => sealer.open(sealed, "x"))).toBe("damaged-ciphertext");
    expect(isZero(stream)).toBe(true);
  });
});
