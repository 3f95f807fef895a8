import { generateMasterKey, nodeCrypto } from "@tastic/crypto";
import { BlobIndex, BlobReader, releaseMemory } from "@tastic/repository";
import { createWasmZstd, loadZstd } from "@tastic/zstd";
import { describe, expect, it } from "vitest";

const key = generateMasterKey(nodeCrypto);
const sealer = nodeCrypto.createSealer(key);
const zstd = loadZstd();

function sample(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * seed + (i >> 9) * 7) % 256);
}

/** An index with blobs one after the other, and their sealed bytes by entry. */
function store(
  blobs: readonly Uint8Array[],
  isCompressed: boolean,
): { index: BlobIndex; sealed: Map<number, Uint8Array> } {
  const index = BlobIndex.create();
  const pack = index.addPack(nodeCrypto.randomBytes(32));
  const sealed = new Map<number, Uint8Array>();
  let offset = 0;
  for (const blob of blobs) {
    const bytes = sealer.seal(isCompressed ? zstd.compress(blob, 3) : blob);
    const id = nodeCrypto.sha256(blob);
    const uncompressedLength = isCompressed ? blob.length : 0;
    index.add(id, 0, { pack, offset, length: bytes.length, uncompressedLength });
    sealed.set(index.find(id, 0), bytes);
    offset += bytes.length;
  }
  return { index, sealed };
}

const sizes = [1, 1000, 60_000, 300_000, 3_000_000, 100, 17_000_000, 5];

describe.each([true, false])("blobs (compressed: %s)", (isCompressed) => {
  const blobs = sizes.map((size, i) => sample(size, 3 + 2 * i));
  const { index, sealed } = store(blobs, isCompressed);

  it("are opened and verified, large and small in turn", () => {
    const reader = BlobReader.attach({ index: index.shared, key });
    for (const [i, [entry, bytes]] of [...sealed].entries()) {
      const copy = bytes.slice();
      expect(Buffer.compare(reader.open(entry, bytes), blobs[i] ?? bytes)).toBe(0);
      expect(() => reader.verify(entry, bytes)).not.toThrow();
      // What was given is not touched.
      expect(Buffer.compare(bytes, copy)).toBe(0);
    }
  });

  it("that are damaged, or another's, are refused by name", () => {
    const reader = new BlobReader(index, { crypto: nodeCrypto, sealer, zstd: createWasmZstd() });
    const entries = [...sealed.keys()];
    const [first = 0, second = 0] = [entries[2], entries[3]];
    const id = Buffer.from(index.id(first)).toString("hex");
    const damaged = (sealed.get(first) ?? new Uint8Array()).slice();
    damaged[40] = (damaged[40] ?? 0) ^ 1;
    for (const use of ["open", "verify"] as const) {
      expect(() => reader[use](first, damaged)).toThrow(
        new RegExp(`data blob ${id} in pack .*authentication tag`),
      );
      expect(() => reader[use](first, damaged.subarray(0, 20))).toThrow(`data blob ${id}`);
      expect(() => reader[use](first, sealed.get(second) ?? damaged)).toThrow(`data blob ${id}`);
      // Afterwards, others are opened as before.
      expect(() => reader[use](second, sealed.get(second) ?? damaged)).not.toThrow();
    }
  });
});

it("a blob of the right length with another content is refused", () => {
  const { index, sealed } = store([sample(500, 3)], true);
  const [entry = 0] = sealed.keys();
  const reader = BlobReader.attach({ index: index.shared, key });
  const other = sealer.seal(zstd.compress(sample(500, 5), 3));
  expect(() => reader.open(entry, other)).toThrow(expect.objectContaining({ code: "hash-mismatch" }));
  expect(() => reader.verify(entry, other)).toThrow(expect.objectContaining({ code: "hash-mismatch" }));
});

describe("releaseMemory", () => {
  it("empties what is large, and nothing else", () => {
    const [large, small] = [new Uint8Array(1 << 20), new Uint8Array(100)];
    const shared = new Uint8Array(new SharedArrayBuffer(1 << 20));
    const wasm = new Uint8Array(new WebAssembly.Memory({ initial: 2 }).buffer);
    for (const bytes of [large, small, shared, wasm]) releaseMemory(bytes);
    expect([large.length, small.length, shared.length, wasm.length]).toEqual([0, 100, 1 << 20, 2 << 16]);
    // Twice does no harm.
    releaseMemory(large);
  });
});
