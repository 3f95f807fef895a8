// Sealing and opening: both providers against each other, and everything that must be refused.
import { createCipheriv } from "node:crypto";
import { generateMasterKey, NONCE_SIZE, nodeCrypto, SEAL_OVERHEAD } from "@tastic/crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Poly1305 } from "../dist/poly1305.js";
import { poly1305Twin } from "../dist/poly1305-twin.js";
import { codeOf, join, providers, someKey, toHex } from "./support.js";

const sample = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
const pairs = providers.flatMap((sealing) => providers.map((opening) => ({ sealing, opening })));

const encryptBlocks = (algorithm: string, key: Uint8Array, blocks: Uint8Array) =>
  createCipheriv(algorithm, key, null).setAutoPadding(false).update(blocks);

/** Seals under a nonce of our choice, from the layout's definition: ECB for the counter blocks, the twin's tag. */
function sealWith(nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const counters = new Uint8Array(Math.ceil(plaintext.length / 16) * 16);
  let counter = BigInt(`0x${toHex(nonce)}`);
  for (let i = 0; i < counters.length; i += 16, counter = (counter + 1n) % (1n << 128n)) {
    counters.set(Buffer.from(counter.toString(16).padStart(32, "0"), "hex"), i);
  }
  const keyStream = encryptBlocks("aes-256-ecb", someKey.encrypt, counters);
  const ciphertext = plaintext.map((byte, i) => byte ^ (keyStream[i] ?? 0));
  const oneTimeKey = join(someKey.macR, encryptBlocks("aes-128-ecb", someKey.macK, nonce));
  return join(nonce, ciphertext, poly1305Twin(oneTimeKey, ciphertext));
}

describe.each(pairs)("sealed by $sealing.name, opened by $opening.name", ({ sealing, opening }) => {
  it("gives the plaintext back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (plaintext) => {
        const key = generateMasterKey(sealing);
        const sealed = sealing.createSealer(key).seal(plaintext);
        expect(sealed.length).toBe(plaintext.length + SEAL_OVERHEAD);
        expect(opening.createSealer(key).open(sealed, "x")).toEqual(plaintext);
      }),
    );
  });

  it("at every length around a few blocks, and around what is sealed the short way", () => {
    const [to, from] = [sealing.createSealer(someKey), opening.createSealer(someKey)];
    const target = new Uint8Array(9000);
    for (const [first, last] of [
      [0, 150],
      [240, 340],
      [8192 - 33, 8192 + 33],
    ] as const) {
      for (let length = first; length <= last; length++) {
        const plaintext = sample(length);
        const sealed = to.seal(plaintext);
        expect(Buffer.compare(from.open(sealed, "x"), plaintext)).toBe(0);
        expect(Buffer.compare(from.open(sealed, "x", target), plaintext)).toBe(0);
      }
    }
  });

  it.each([16384, 32767, 32768, 32769, 65536, 65537, 100_003, 1 << 20])("at %i bytes too", (length) => {
    const sealed = sealing.createSealer(someKey).seal(sample(length));
    const opened = opening.createSealer(someKey).open(sealed, "x");
    expect(Buffer.compare(opened, sample(length))).toBe(0);
  });
});

describe.each(providers)("the $name sealer", (provider) => {
  const sealer = provider.createSealer(someKey);

  it.each([
    ["32", "0123456789abcdef01234567fffffffe"],
    ["32, and then no further", "0123456789abcdef00000000fffffff0"],
    ["64", "0123456789abcdeffffffffffffffffe"],
    ["96", "01234567fffffffffffffffffffffffd"],
    ["128, from the first block on", "ffffffffffffffffffffffffffffffff"],
    ["128", "fffffffffffffffffffffffffffffff0"],
    ["8", "0123456789abcdef0123456789abcdf0"],
    ["16, late", "0123456789abcdef0123456789abff01"],
  ])("counts over all 128 bits when the nonce carries out of %s bits", (_, hex) => {
    const nonce = Uint8Array.from(Buffer.from(hex, "hex"));
    for (const length of [16, 17, 100, 8192, 8193, 40_000]) {
      const opened = sealer.open(sealWith(nonce, sample(length)), "x");
      expect(Buffer.compare(opened, sample(length))).toBe(0);
    }
  });

  it("threat 13: uses a nonce once", () => {
    const nonces = new Set<string>();
    for (let i = 0; i < 2500; i++) {
      nonces.add(toHex(sealer.seal(new Uint8Array(1)).subarray(0, NONCE_SIZE)));
    }
    expect(nonces.size).toBe(2500);
    const another = provider.createSealer(someKey);
    for (let i = 0; i < 10; i++) nonces.add(toHex(another.seal(new Uint8Array()).subarray(0, NONCE_SIZE)));
    expect(nonces.size).toBe(2510);
  });

  it("writes into the start of a target and nowhere else", () => {
    const target = new Uint8Array(100).fill(0xaa);
    const plaintext = sample(50);
    const sealed = sealer.seal(plaintext, target);
    expect(sealed.buffer).toBe(target.buffer);
    expect([sealed.byteOffset, sealed.length]).toEqual([0, 82]);
    expect(sealer.open(target.subarray(0, 82), "x")).toEqual(plaintext);
    expect(target.subarray(82).every((byte) => byte === 0xaa)).toBe(true);
    expect(plaintext).toEqual(sample(50));
  });

  it("refuses a target that is too small or overlaps", () => {
    expect(codeOf(() => sealer.seal(sample(50), new Uint8Array(81)))).toBe("invalid-argument");
    const memory = new Uint8Array(200);
    for (const at of [0, 16, 81, 130, 149]) {
      const plaintext = memory.subarray(at, at + 50);
      expect(codeOf(() => sealer.seal(plaintext, memory.subarray(100)))).toBe(
        at + 50 <= 100 ? "nothing was thrown" : "invalid-argument",
      );
    }
    expect(sealer.seal(memory.subarray(0, 50), memory.subarray(50)).length).toBe(82);
  });

  it("reads from shared memory, WebAssembly memory and from the middle of a larger array", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(70_000)).subarray(5, 66_000);
    shared.set(sample(shared.length));
    const opened = sealer.open(sealer.seal(shared), "x");
    expect(Buffer.compare(opened, sample(shared.length))).toBe(0);

    // A kernel's tag is a view on WebAssembly memory.
    const inKernel = new Poly1305().finish().fill(7);
    expect(sealer.open(sealer.seal(inKernel), "x")).toEqual(new Uint8Array(16).fill(7));

    const sealedInShared = new Uint8Array(new SharedArrayBuffer(200)).subarray(3, 3 + 132);
    sealer.seal(sample(100), sealedInShared);
    expect(sealer.open(sealedInShared, "x")).toEqual(sample(100));
  });

  it("opens into an array that is the caller's own", () => {
    const sealed = sealer.seal(sample(40));
    const first = sealer.open(sealed, "x");
    first.fill(0);
    expect(sealer.open(sealed, "x")).toEqual(sample(40));
  });

  it.each([0, 40, 8192, 8193, 70_001])("opens %i bytes into a target and nowhere else", (length) => {
    const target = new Uint8Array(length + 20).fill(0xaa);
    const view = target.subarray(3);
    const sealed = sealer.seal(sample(length));
    const before = Uint8Array.from(sealed);
    const opened = sealer.open(sealed, "x", view);
    expect(opened.buffer).toBe(target.buffer);
    expect([opened.byteOffset, opened.length]).toEqual([3, length]);
    expect(Buffer.compare(opened, sample(length))).toBe(0);
    expect(target.subarray(0, 3).every((byte) => byte === 0xaa)).toBe(true);
    expect(target.subarray(3 + length).every((byte) => byte === 0xaa)).toBe(true);
    expect(Buffer.compare(sealed, before)).toBe(0);
  });

  it.each([40, 8192, 8193, 70_001])("opens %i bytes in place", (length) => {
    for (const at of [0, 84, 100, 116]) {
      const memory = new Uint8Array(200 + length);
      const sealed = memory.subarray(100, 100 + length + SEAL_OVERHEAD);
      sealer.seal(sample(length), sealed);
      const opened = sealer.open(sealed, "x", memory.subarray(at));
      expect(opened.byteOffset).toBe(at);
      expect(Buffer.compare(opened, sample(length))).toBe(0);
    }
  });

  it("refuses to open into a target that is too small or runs ahead of what is read", () => {
    const memory = new Uint8Array(300);
    const sealed = memory.subarray(100, 182);
    sealer.seal(sample(50), sealed);
    expect(codeOf(() => sealer.open(sealed, "x", new Uint8Array(49)))).toBe("invalid-argument");
    for (const at of [117, 140, 165]) {
      expect(codeOf(() => sealer.open(sealed, "x", memory.subarray(at)))).toBe("invalid-argument");
    }
    expect(sealer.open(sealed, "x", memory.subarray(166))).toEqual(sample(50));
  });

  it.each([0, 1, 8192, 8193, 65_536, 65_537, 200_003])("gives %i bytes piece by piece", (length) => {
    const sealed = sealer.seal(sample(length));
    const copy = Uint8Array.from(sealed);
    const pieces: Uint8Array[] = [];
    sealer.openTo(sealed, "x", (piece) => pieces.push(Uint8Array.from(piece)));
    expect(Buffer.compare(join(...pieces), sample(length))).toBe(0);
    expect(pieces.length).toBeLessThanOrEqual(1 + Math.floor(length / 65_536));
    expect(Buffer.compare(sealed, copy)).toBe(0);
    const thrown = new Error("seen enough");
    const stop = (): void => {
      throw thrown;
    };
    expect(() => sealer.openTo(sealed, "x", stop)).toThrow(thrown);
    expect(Buffer.compare(sealer.open(sealed, "x"), sample(length))).toBe(0);
  });

  it.each([40, 8193, 70_001])("gives no piece if one of %i bytes is damaged", (length) => {
    const sealed = sealer.seal(sample(length));
    let given = 0;
    const open = (): void => sealer.openTo(sealed, "x", () => given++);
    for (const at of [0, 16, 16 + length - 1, 16 + length, 31 + length]) {
      sealed[at] = (sealed[at] ?? 0) ^ 1;
      expect(codeOf(open)).toBe("damaged-ciphertext");
      sealed[at] = (sealed[at] ?? 0) ^ 1;
    }
    expect(given).toBe(0);
    sealed.fill(0, 0, 16);
    expect(codeOf(open)).toBe("zero-nonce");
    expect(codeOf(() => sealer.openTo(sealed.subarray(0, 31), "x", () => given++))).toBe(
      "damaged-ciphertext",
    );
    expect(given).toBe(0);
  });

  it.each([40, 8193, 70_001])("writes nothing to the target if one of %i bytes is damaged", (length) => {
    const target = new Uint8Array(length).fill(0xaa);
    const sealed = sealer.seal(sample(length));
    for (const at of [0, 16, 16 + length - 1, 16 + length, 31 + length]) {
      sealed[at] = (sealed[at] ?? 0) ^ 1;
      expect(codeOf(() => sealer.open(sealed, "x", target))).toBe("damaged-ciphertext");
      sealed[at] = (sealed[at] ?? 0) ^ 1;
    }
    expect(target.every((byte) => byte === 0xaa)).toBe(true);
    expect(codeOf(() => sealer.open(sealed, "x", target))).toBe("nothing was thrown");
  });

  it("gives arrays of their own, of the length that they seem to have", () => {
    const sealed = sealer.seal(sample(21));
    const opened = [sealer.open(sealed, "x"), sealer.open(sealed, "x")];
    expect(opened[0]?.buffer).not.toBe(opened[1]?.buffer);
    // What lies behind the view is no rest of the key stream.
    for (const { buffer, byteOffset, length } of opened) {
      const behind = new Uint8Array(buffer).subarray(byteOffset + length);
      expect(behind.every((byte) => byte === 0)).toBe(true);
    }
  });

  it.each([0, 1, 15, 16, 17, 63, 64, 65, 70, 255, 256, 257])(
    "refuses every flipped bit of %i bytes",
    (length) => {
      const sealed = sealer.seal(sample(length));
      for (let at = 0; at < sealed.length; at++) {
        // Short messages bit by bit, longer ones byte by byte.
        for (let bit = at % (length > 70 ? 8 : 1); bit < 8; bit += length > 70 ? 8 : 1) {
          sealed[at] = (sealed[at] ?? 0) ^ (1 << bit);
          expect(codeOf(() => sealer.open(sealed, "x"))).toBe("damaged-ciphertext");
          sealed[at] = (sealed[at] ?? 0) ^ (1 << bit);
        }
      }
      expect(sealer.open(sealed, "x")).toEqual(sample(length));
    },
  );

  it("refuses flipped bits anywhere in a large object", () => {
    const sealed = nodeCrypto.createSealer(someKey).seal(sample(150_000));
    for (let at = 0; at < sealed.length; at += 9973) {
      sealed[at] = (sealed[at] ?? 0) ^ 0x10;
      expect(codeOf(() => sealer.open(sealed, "x"))).toBe("damaged-ciphertext");
      sealed[at] = (sealed[at] ?? 0) ^ 0x10;
    }
    expect(sealer.open(sealed, "x").length).toBe(150_000);
  });

  it("refuses every truncation, and bytes too many", () => {
    const sealed = sealer.seal(sample(70));
    for (let length = 0; length < sealed.length; length++) {
      expect(codeOf(() => sealer.open(sealed.subarray(0, length), "x"))).toBe("damaged-ciphertext");
    }
    expect(codeOf(() => sealer.open(join(sealed, new Uint8Array(1)), "x"))).toBe("damaged-ciphertext");
  });

  it("refuses the zero nonce even with a valid tag, and names the object", () => {
    const sealed = sealWith(new Uint8Array(16), sample(20));
    expect(codeOf(() => sealer.open(sealed, "x"))).toBe("zero-nonce");
    expect(() => sealer.open(sealed, "pack 1a2b3c4d")).toThrow(/^pack 1a2b3c4d: /);
    expect(() => sealer.open(new Uint8Array(3), "index 55")).toThrow(/^index 55: 3 bytes/);
    expect(() => sealer.open(sample(40), "lock 7")).toThrow(/^lock 7: /);
  });

  it("refuses what another key sealed", () => {
    const sealed = provider.createSealer(generateMasterKey(provider)).seal(sample(20));
    expect(codeOf(() => sealer.open(sealed, "x"))).toBe("damaged-ciphertext");
  });

  it("does not change when the caller's key arrays do", () => {
    const key = generateMasterKey(provider);
    const own = provider.createSealer(key);
    const sealed = own.seal(sample(20));
    for (const part of [key.encrypt, key.macK, key.macR]) part.fill(1);
    expect(own.open(sealed, "x")).toEqual(sample(20));
  });

  it.each(["encrypt", "macK", "macR"] as const)("refuses a key whose %s is zero or too short", (part) => {
    const zero = { ...someKey, [part]: new Uint8Array(someKey[part].length) };
    const short = { ...someKey, [part]: someKey[part].subarray(1) };
    expect(codeOf(() => provider.createSealer(zero))).toBe("invalid-key");
    expect(codeOf(() => provider.createSealer(short))).toBe("invalid-key");
  });
});
