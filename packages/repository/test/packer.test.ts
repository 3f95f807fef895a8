import { nodeCrypto, type CryptoProvider, type MasterKey, type Sealer } from "@tastic/crypto";
import {
  HEADER_LENGTH_SIZE,
  MAX_HEADER_ENTRIES,
  PLAIN_ENTRY_LENGTH,
  SEALING_OVERHEAD,
  idFromBytes,
  idToBytes,
  type BlobType,
  type PackId,
} from "@tastic/format";
import {
  BlobIndex,
  DATA,
  Packer,
  TREE,
  openBlob,
  type FinishedPack,
  type PackerSettings,
} from "@tastic/repository";
import { createMemoryStorage } from "@tastic/storage";
import { loadZstd, type ZstdContext } from "@tastic/zstd";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flipped, sampleBytes } from "../../../test/support/bytes.js";
import { loadPackHeader } from "../dist/pack-files.js";
import { thrown } from "./support.js";

const key: MasterKey = {
  encrypt: sampleBytes(32, 1),
  macK: sampleBytes(16, 2),
  macR: sampleBytes(16, 3),
};
const zstd = loadZstd();
const sealer = nodeCrypto.createSealer(key);

interface Tools {
  readonly crypto?: CryptoProvider;
  readonly zstd?: ZstdContext;
}

function makePacker(settings: Partial<PackerSettings> = {}, tools: Tools = {}) {
  const index = BlobIndex.create();
  const packer = new Packer(
    {
      index: index.shared,
      key,
      version: 2,
      compression: "auto",
      packSize: 100_000,
      verify: true,
      ...settings,
    },
    tools.crypto ?? nodeCrypto,
    tools.zstd ?? zstd,
  );
  const add = (type: BlobType, bytes: Uint8Array) => packer.add(type, nodeCrypto.sha256(bytes), bytes);
  return { index, packer, add };
}

function takeAll(packer: Packer): FinishedPack[] {
  const packs: FinishedPack[] = [];
  for (let pack = packer.takeFinished(); pack; pack = packer.takeFinished()) packs.push(pack);
  return packs;
}

function flushed(packer: Packer): FinishedPack[] {
  packer.flush();
  return takeAll(packer);
}

/** Reads the pack as a repository does, and holds everything in it against the index. Returns its blobs. */
async function readBack(pack: FinishedPack, index: BlobIndex): Promise<Uint8Array[]> {
  const storage = createMemoryStorage();
  const name = idFromBytes<PackId>(pack.id);
  await storage.save({ type: "pack", name }, pack.bytes);
  expect(nodeCrypto.sha256(pack.bytes)).toEqual(pack.id);
  const entries = await loadPackHeader(storage, sealer, name, pack.bytes.length);
  expect(entries.length).toBe(pack.entries.length);
  return entries.map(({ type, id, offset, length, uncompressedLength }, i) => {
    const entry = pack.entries[i] ?? -1;
    expect(type).toBe(pack.type);
    expect(index.kind(entry)).toBe(type === "tree" ? TREE : DATA);
    expect(idFromBytes(index.id(entry))).toBe(id);
    expect(index.isPending(entry)).toBe(false);
    expect(index.id(index.pack(entry))).toEqual(pack.id);
    expect([index.offset(entry), index.length(entry), index.uncompressedLength(entry)]).toEqual([
      offset,
      length,
      uncompressedLength,
    ]);
    const sealed = pack.bytes.subarray(offset, offset + length);
    return openBlob({ crypto: nodeCrypto, sealer, zstd }, idToBytes(id), sealed, uncompressedLength, "blob");
  });
}

const text = (length: number, letter = "a"): Uint8Array => Buffer.alloc(length, letter);

describe("a packer", () => {
  it("stores each blob once, trees and data apart, and every pack reads back", async () => {
    const blob = fc.record({
      type: fc.constantFrom<BlobType>("data", "tree"),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 50 }),
        fc
          .record({ length: fc.nat(5000), letter: fc.constantFrom("a", "b") })
          .map((b) => text(b.length, b.letter)),
        fc.record({ length: fc.nat(5000), seed: fc.nat(9) }).map((b) => sampleBytes(b.length, b.seed)),
      ),
    });
    const settings = fc.record({
      version: fc.constantFrom<1 | 2>(1, 2),
      compression: fc.constantFrom<PackerSettings["compression"]>("auto", "off", "fastest", "better"),
      packSize: fc.integer({ min: 1, max: 20_000 }),
      verify: fc.boolean(),
      scatter: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(settings, fc.array(blob, { maxLength: 40 }), async (chosen, blobs) => {
        const { index, packer, add } = makePacker(chosen);
        const expected = { data: new Map<string, Uint8Array>(), tree: new Map<string, Uint8Array>() };
        const packs: FinishedPack[] = [];
        for (const { type, bytes } of blobs) {
          const name = nodeCrypto.sha256Hex(bytes);
          const { isNew, storedLength } = add(type, bytes);
          expect(isNew).toBe(!expected[type].has(name));
          expect(storedLength >= SEALING_OVERHEAD).toBe(isNew);
          expected[type].set(name, bytes);
          packs.push(...takeAll(packer));
        }
        packs.push(...flushed(packer));
        expect(flushed(packer)).toEqual([]);
        for (const pack of packs) {
          for (const bytes of await readBack(pack, index)) {
            const name = nodeCrypto.sha256Hex(bytes);
            expect(expected[pack.type].delete(name)).toBe(true);
          }
        }
        expect(expected.data.size + expected.tree.size).toBe(0);
        expect(index.packCount).toBe(packs.length);
      }),
      { numRuns: 60 },
    );
  });

  it("compresses what gains by it, and trees always, but nothing in version 1", () => {
    const stored = (settings: Partial<PackerSettings>, type: BlobType, bytes: Uint8Array) => {
      const { index, packer, add } = makePacker(settings);
      const { storedLength } = add(type, bytes);
      const entry = flushed(packer)[0]?.entries[0] ?? -1;
      expect(index.length(entry)).toBe(storedLength);
      return { length: storedLength - SEALING_OVERHEAD, uncompressedLength: index.uncompressedLength(entry) };
    };
    const raw = (bytes: Uint8Array) => ({ length: bytes.length, uncompressedLength: 0 });
    const soft = text(10_000);
    const hard = sampleBytes(10_000);
    const emptyTree = Buffer.from('{"nodes":[]}\n');

    expect(stored({}, "data", soft).length).toBeLessThan(200);
    expect(stored({}, "data", soft).uncompressedLength).toBe(10_000);
    expect(stored({}, "data", hard)).toEqual(raw(hard));
    expect(stored({}, "data", new Uint8Array(0))).toEqual(raw(new Uint8Array(0)));
    expect(stored({ compression: "off" }, "data", soft)).toEqual(raw(soft));
    // restic's prune packs trees anew that are not compressed.
    expect(stored({}, "tree", emptyTree).uncompressedLength).toBe(emptyTree.length);
    expect(stored({ compression: "off" }, "tree", emptyTree).uncompressedLength).toBe(emptyTree.length);
    for (const type of ["data", "tree"] as const) {
      expect(stored({ version: 1 }, type, soft)).toEqual(raw(soft));
      expect(stored({ version: 1, compression: "max" }, type, soft)).toEqual(raw(soft));
    }
  });

  it("finishes a pack with the blob that reaches the size", () => {
    const { packer, add } = makePacker({ packSize: 3 * (100 + SEALING_OVERHEAD), compression: "off" });
    const blob = (seed: number): Uint8Array => sampleBytes(100, seed);
    add("data", blob(1));
    add("data", blob(2));
    expect(takeAll(packer)).toEqual([]);
    add("data", blob(3));
    const [full, ...none] = takeAll(packer);
    expect(none).toEqual([]);
    expect(full?.entries.length).toBe(3);
    // Blobs, header and the header's length, with nothing between or after them.
    const header = 3 * PLAIN_ENTRY_LENGTH + SEALING_OVERHEAD + HEADER_LENGTH_SIZE;
    expect(full?.bytes.length).toBe(3 * (100 + SEALING_OVERHEAD) + header);

    add("data", blob(4));
    add("data", blob(5).subarray(0, 99));
    add("data", blob(6).subarray(0, 99));
    expect(takeAll(packer)).toEqual([]);
    expect(flushed(packer).map(({ entries }) => entries.length)).toEqual([3]);
  });

  it("keeps a pack open per kind", () => {
    const { packer, add } = makePacker();
    for (let i = 0; i < 10; i++) add(i % 2 === 0 ? "data" : "tree", sampleBytes(100, i));
    const packs = flushed(packer);
    expect(packs.map(({ type, entries }) => [type, entries.length])).toEqual([
      ["data", 5],
      ["tree", 5],
    ]);
  });

  it("threat 21: deals data out over two packs at random, so that the length of a pack is of no stretch of a file", () => {
    const lengths = (scatter: boolean): number[] => {
      const { packer, add } = makePacker({ scatter, compression: "off", packSize: 64_000 });
      for (let i = 0; i < 2000; i++) add("data", sampleBytes(200 + i, i));
      return flushed(packer).map(({ bytes }) => bytes.length);
    };
    // What an observer would compute from the lengths of a file's chunks is what he sees, each time.
    expect(lengths(false)).toEqual(lengths(false));
    expect(lengths(true)).not.toEqual(lengths(true));
    const { index, packer, add } = makePacker({ scatter: true, compression: "off", packSize: 128 << 20 });
    const count = 4000;
    for (let i = 0; i < count; i++) add("data", sampleBytes(8, i));
    const packs = flushed(packer);
    expect(packs).toHaveLength(2);
    const where = Array.from({ length: count }, (_, i) => {
      const entry = index.find(nodeCrypto.sha256(sampleBytes(8, i)), DATA);
      return packs.findIndex(({ id }) => Buffer.compare(id, index.id(index.pack(entry))) === 0);
    });
    // Half of them each, and each as likely as not where the one before it is: within six standard deviations.
    const few = 6 * Math.sqrt(count / 4);
    const inFirst = where.filter((pack) => pack === 0).length;
    const beside = where.filter((pack, i) => pack === where[i - 1]).length;
    expect(Math.abs(inFirst - count / 2)).toBeLessThan(few);
    expect(Math.abs(beside - count / 2)).toBeLessThan(few);
  });

  it("takes blobs that are larger than a pack, first or later in one", async () => {
    const { index, packer, add } = makePacker({ packSize: 1000 });
    const large = sampleBytes(3_000_000, 7);
    add("data", large);
    const small = sampleBytes(10, 8);
    const larger = sampleBytes(5_000_000, 9);
    add("data", small);
    add("data", larger);
    const packs = flushed(packer);
    expect(packs.map(({ entries }) => entries.length)).toEqual([1, 2]);
    const blobs = await Promise.all(packs.map((pack) => readBack(pack, index)));
    expect(blobs.flat().map((bytes) => nodeCrypto.sha256Hex(bytes))).toEqual(
      [large, small, larger].map((bytes) => nodeCrypto.sha256Hex(bytes)),
    );
  });

  it("finishes a pack when its header is full", async () => {
    const { index, packer } = makePacker({ packSize: 128 << 20, compression: "off", verify: false });
    const bytes = new Uint8Array(4);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i <= MAX_HEADER_ENTRIES; i++) {
      view.setUint32(0, i);
      packer.add("data", nodeCrypto.sha256(bytes), bytes);
    }
    const [full, ...none] = takeAll(packer);
    expect(none).toEqual([]);
    expect(full?.entries.length).toBe(MAX_HEADER_ENTRIES);
    expect(flushed(packer).map(({ entries }) => entries.length)).toEqual([1]);
    const storage = createMemoryStorage();
    const name = idFromBytes<PackId>(full?.id ?? bytes);
    await storage.save({ type: "pack", name }, full?.bytes ?? bytes);
    const entries = await loadPackHeader(storage, sealer, name, full?.bytes.length ?? 0);
    expect(entries.length).toBe(MAX_HEADER_ENTRIES);
    const last = full?.entries[MAX_HEADER_ENTRIES - 1] ?? -1;
    expect(entries[MAX_HEADER_ENTRIES - 1]?.offset).toBe(index.offset(last));
  });

  it("takes ids of what is known from other packers on the same index", () => {
    const { index, add } = makePacker();
    const settings = { index: index.shared, key, version: 2, compression: "auto", packSize: 1000 } as const;
    const other = new Packer({ ...settings, verify: true }, nodeCrypto, zstd);
    const bytes = text(500);
    expect(add("data", bytes).isNew).toBe(true);
    expect(other.add("data", nodeCrypto.sha256(bytes), bytes)).toEqual({ isNew: false, storedLength: 0 });
    expect(other.add("tree", nodeCrypto.sha256(bytes), bytes).isNew).toBe(true);
  });

  it("leaves room for the header, whatever the sizes", async () => {
    // The buffer has room to spare for a pack; many tiny blobs are what needs it most.
    const { index, packer } = makePacker({ packSize: 1 << 20, compression: "off", verify: false });
    const bytes = new Uint8Array(4);
    const packs: FinishedPack[] = [];
    for (let i = 0; packs.length === 0; i++) {
      new DataView(bytes.buffer).setUint32(0, i);
      packer.add("data", nodeCrypto.sha256(bytes), bytes);
      packs.push(...takeAll(packer));
    }
    const [pack] = packs;
    if (pack === undefined) throw new Error("no pack");
    expect(pack.entries.length * PLAIN_ENTRY_LENGTH).toBeGreaterThan(1 << 20);
    const storage = createMemoryStorage();
    const name = idFromBytes<PackId>(pack.id);
    await storage.save({ type: "pack", name }, pack.bytes);
    const entries = await loadPackHeader(storage, sealer, name, pack.bytes.length);
    expect(entries.map(({ offset }) => offset)).toEqual(
      [...pack.entries].map((entry) => index.offset(entry)),
    );
  });
});

/** A provider whose `n`-th call of `seal`, from 0 on, gives what `change` makes of it. */
function brokenCrypto(n: number, change: (sealed: Uint8Array) => Uint8Array): CryptoProvider {
  let calls = 0;
  const createSealer = (masterKey: MasterKey): Sealer => {
    const inner = nodeCrypto.createSealer(masterKey);
    return {
      seal(plaintext, target) {
        const sealed = inner.seal(plaintext, target);
        if (calls++ === n) sealed.set(change(sealed));
        return sealed;
      },
      open: (sealed, what) => inner.open(sealed, what),
      openTo: (sealed, what, sink) => inner.openTo(sealed, what, sink),
    };
  };
  return { ...nodeCrypto, createSealer };
}

describe("a packer on a broken machine", () => {
  const bytes = text(10_000);
  const id = idFromBytes(nodeCrypto.sha256(bytes));

  it("notices a bit that flips while a blob is sealed", () => {
    for (const offset of [0, 20, -1]) {
      const crypto = brokenCrypto(1, (sealed) => flipped(sealed, offset));
      const { packer, add } = makePacker({}, { crypto });
      add("data", text(10_000, "b"));
      const error = thrown(() => add("data", bytes), "internal");
      expect(error.message).toContain(`data blob ${id}`);
      expect(error.guidance).toContain("memory");
      // What is claimed and not stored must not be taken for known.
      expect(thrown(() => add("data", bytes), "internal")).toBe(error);
      expect(thrown(() => packer.flush(), "internal")).toBe(error);
    }
  });

  it.each([5000, 200_000])("notices a bit that flips in %i bytes that are not compressed", (length) => {
    for (const offset of [0, 20, 4000, -1]) {
      const { add } = makePacker(
        { compression: "off" },
        { crypto: brokenCrypto(0, (sealed) => flipped(sealed, offset)) },
      );
      expect(thrown(() => add("data", text(length)), "internal").message).toContain("just sealed");
    }
    const { add } = makePacker({ compression: "off" });
    expect(add("data", text(length)).isNew).toBe(true);
  });

  it("notices a compression that gives other bytes, or nothing sensible", () => {
    const wrong: ((data: Uint8Array, level: number) => Uint8Array)[] = [
      (data, level) => zstd.compress(flipped(data, 5), level),
      (data, level) => zstd.compress(data.subarray(1), level),
      (data, level) => flipped(zstd.compress(data, level), 0),
      (data, level) => zstd.compress(data, level).subarray(0, 8),
      () => new Uint8Array(0),
    ];
    for (const compress of wrong) {
      for (const type of ["data", "tree"] as const) {
        const broken: ZstdContext = {
          compress,
          lendCompressed: compress,
          inputRoom: (length) => zstd.inputRoom(length),
          decompress: (frame, options) => zstd.decompress(frame, options),
          decompressTo: (frame, options, sink) => zstd.decompressTo(frame, options, sink),
        };
        const { add } = makePacker({}, { zstd: broken });
        expect(thrown(() => add(type, bytes), "internal").message).toContain(`${type} blob ${id}`);
      }
    }
  });

  it("notices that content and id do not belong together", () => {
    const { packer } = makePacker();
    thrown(() => packer.add("data", nodeCrypto.sha256(text(1)), bytes), "internal");
  });

  it("does not look when it is told not to, but at headers always", () => {
    const crypto = brokenCrypto(0, (sealed) => flipped(sealed, 20));
    const blind = makePacker({ verify: false }, { crypto });
    expect(blind.add("data", bytes).isNew).toBe(true);
    expect(flushed(blind.packer).length).toBe(1);

    const header = brokenCrypto(1, (sealed) => flipped(sealed, 20));
    const { packer, add } = makePacker({ verify: false }, { crypto: header });
    add("data", bytes);
    thrown(() => packer.flush(), "internal");
    expect(takeAll(packer)).toEqual([]);
  });

  it("refuses a blob that no read could load again", () => {
    const { add } = makePacker({ compression: "off", verify: false });
    const error = thrown(() => add("data", new Uint8Array(1 << 30)), "limit-exceeded");
    expect(error.message).toContain(String(1 << 30));
  });
});
