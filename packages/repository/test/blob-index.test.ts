import { BlobIndex, DATA, PACK, TREE, type BlobLocation } from "@tastic/repository";
import fc from "fast-check";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { thrown } from "./support.js";

type BlobKind = typeof DATA | typeof TREE;

/** Few enough ids that most of what happens to one has happened to it before. */
const idOf = (n: number): Uint8Array => {
  const id = new Uint8Array(32).fill(n);
  // Some differ in nothing but their last byte, so that they share slots and tags.
  if (n % 2 === 0) id.fill(0, 0, 31);
  return id;
};

/** All entries of a blob, by way of `find` and `findNext`. */
function copies(index: BlobIndex, id: Uint8Array, kind: BlobKind): number[] {
  const entries: number[] = [];
  for (let entry = index.find(id, kind); entry >= 0; entry = index.findNext(entry)) entries.push(entry);
  return entries;
}

const locationOf = (index: BlobIndex, entry: number): BlobLocation => ({
  pack: index.pack(entry),
  offset: index.offset(entry),
  length: index.length(entry),
  uncompressedLength: index.uncompressedLength(entry),
});

const uint32 = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffff_ffff }));
const step = fc.record({
  view: fc.nat(1),
  id: fc.nat(15),
  kind: fc.constantFrom<BlobKind>(DATA, TREE),
  action: fc.constantFrom("add", "claim", "pack"),
  pack: fc.nat(3),
  offset: uint32,
  length: uint32,
  uncompressedLength: uint32,
});

describe("the blob index", () => {
  it("answers like a map, through two views at once", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const first = BlobIndex.create();
        const views = [first, BlobIndex.attach(first.shared)];
        const model = new Map<string, (BlobLocation | "pending")[]>();
        const packs = new Map<number, number>();
        for (const { view, id: n, kind, action, pack: packNumber, ...place } of steps) {
          const index = views[view] ?? first;
          const id = idOf(n);
          const pack = packs.get(packNumber) ?? index.addPack(idOf(100 + packNumber));
          expect(index.addPack(idOf(100 + packNumber))).toBe(pack);
          packs.set(packNumber, pack);
          const known = model.get(`${kind}/${n}`) ?? [];
          model.set(`${kind}/${n}`, known);
          const location = { pack, ...place };
          if (action === "add") {
            const isNew = !known.some(
              (at) => at !== "pending" && at.pack === pack && at.offset === place.offset,
            );
            expect(index.add(id, kind, location)).toBe(isNew);
            if (isNew) known.push(location);
          } else if (action === "claim") {
            const entry = index.claim(id, kind);
            expect(entry >= 0).toBe(known.length === 0);
            if (known.length === 0) known.push("pending");
          } else if (known[0] === "pending") {
            index.place(index.find(id, kind), location);
            known[0] = location;
          }
        }
        for (const index of views) {
          let blobs = 0;
          for (let n = 0; n < 16; n++) {
            for (const kind of [DATA, TREE] as const) {
              const entries = copies(index, idOf(n), kind);
              expect(
                entries.map((entry) => (index.isPending(entry) ? "pending" : locationOf(index, entry))),
              ).toEqual(model.get(`${kind}/${n}`) ?? []);
              for (const entry of entries) {
                expect(index.id(entry)).toEqual(idOf(n));
                expect(index.kind(entry)).toBe(kind);
              }
              blobs += entries.length;
            }
          }
          expect(new Set(index.packs())).toEqual(new Set(packs.values()));
          expect(index.packCount).toBe(packs.size);
          expect(index.blobCount).toBe(blobs);
          expect(index.size).toBe(blobs + packs.size);
        }
      }),
    );
  });

  it("keeps everything through many rebuilds, also for a view from before all of them", () => {
    const index = BlobIndex.create();
    const early = BlobIndex.attach(index.shared);
    const count = 250_000;
    const ids = randomBytes(count * 32);
    const id = (i: number): Uint8Array => ids.subarray(i * 32, i * 32 + 32);
    let pack = 0;
    let worst = 0;
    for (let i = 0; i < count; i++) {
      if (i % 100 === 0) pack = index.addPack(randomBytes(32));
      index.add(id(i), i % 3 === 0 ? TREE : DATA, {
        pack,
        offset: i,
        length: 2 * i,
        uncompressedLength: 3 * i,
      });
      if (index.blobCount > 100_000) worst = Math.max(worst, index.bytes / index.blobCount);
    }
    expect(index.blobCount).toBe(count);
    expect(worst).toBeGreaterThan(48);
    expect(worst).toBeLessThanOrEqual(56);
    for (const view of [early, index, BlobIndex.attach(index.shared)]) {
      let wrong = 0;
      for (let i = 0; i < count; i++) {
        const entry = view.find(id(i), i % 3 === 0 ? TREE : DATA);
        if (entry < 0 || view.offset(entry) !== i || view.uncompressedLength(entry) !== 3 * i) wrong++;
        if (view.find(id(i), i % 3 === 0 ? DATA : TREE) >= 0) wrong++;
      }
      expect(wrong).toBe(0);
      expect(view.size).toBe(index.size);
    }
  });

  it("walks all copies of a blob while the table grows under the walk", () => {
    const index = BlobIndex.create();
    const places = Array.from({ length: 40 }, (_, offset) => offset);
    const pack = index.addPack(idOf(200));
    for (const offset of places) index.add(idOf(1), DATA, { pack, offset, length: 1, uncompressedLength: 0 });
    const seen: number[] = [];
    for (let entry = index.find(idOf(1), DATA); entry >= 0; entry = index.findNext(entry)) {
      seen.push(index.offset(entry));
      for (let i = 0; i < 1000; i++) index.claim(randomBytes(32), DATA);
    }
    expect(seen).toEqual(places);
  });

  it("makes room ahead without losing anything, and within what was asked for", () => {
    const index = BlobIndex.create();
    const ids = Array.from({ length: 5000 }, () => randomBytes(32));
    for (const id of ids.slice(0, 1000)) index.claim(id, DATA);
    index.reserve(200_000);
    const bytes = index.bytes;
    index.reserve(1);
    expect(index.bytes).toBe(bytes);
    for (const id of ids) index.claim(id, DATA);
    expect(index.size).toBe(5000);
    expect(ids.every((id) => index.find(id, DATA) >= 0)).toBe(true);
    // Nothing was rebuilt for them: only entries were added.
    expect(index.bytes - bytes).toBe(4000 * 48);
    expect(BlobIndex.attach(index.shared).find(ids[4999] ?? idOf(0), DATA)).toBe(4999);
  });

  it("has no half-made entry, and a free lock, after memory ran out", () => {
    for (const part of ["entries", "slots"] as const) {
      const index = BlobIndex.create();
      const memory = index.shared[part];
      const grow = memory.grow.bind(memory);
      memory.grow = (pages) => {
        if (pages > 0) throw new RangeError("no memory");
        return grow(pages);
      };
      const ids: Uint8Array[] = [];
      const failed = (): void => {
        for (;;) {
          const id = randomBytes(32);
          index.claim(id, DATA);
          ids.push(id);
        }
      };
      expect(thrown(failed, "limit-exceeded").message).toContain("no memory");
      expect(index.size).toBe(ids.length);
      // A lock that was not given back would be waited for, in vain.
      expect(thrown(() => index.addPack(idOf(7)), "limit-exceeded").guidance).toBeDefined();
      expect(index.find(idOf(7), PACK)).toBe(-1);
      expect(index.packCount).toBe(0);
      expect(ids.every((id, i) => index.find(id, DATA) === i)).toBe(true);
      Reflect.deleteProperty(memory, "grow");
      expect(index.claim(idOf(7), DATA)).toBe(ids.length);
    }
  });

  it("refuses what is no id, and entries that there are not", () => {
    const index = BlobIndex.create();
    expect(thrown(() => index.find(new Uint8Array(31), DATA), "internal").message).toContain("31");
    thrown(() => index.claim(new Uint8Array(33), DATA), "internal");
    thrown(() => index.id(1_000_000), "internal");
  });
});

/** Starts a program of the folder `programs`; resolves with its message, or undefined, when it has ended. */
async function runProgram(name: string, workerData: object): Promise<unknown> {
  const worker = new Worker(new URL(`programs/${name}`, import.meta.url), { workerData });
  let message: unknown;
  worker.on("message", (received: unknown) => {
    message = received;
  });
  const [code] = (await once(worker, "exit")) as [number];
  expect(code).toBe(0);
  return message;
}

/** A word that programs wait at, and one in which they count themselves. */
const makeGate = (): Int32Array => new Int32Array(new SharedArrayBuffer(8));

/** Lets `count` programs begin together, once they have all come. */
async function open(gate: Int32Array, count: number): Promise<void> {
  while (Atomics.load(gate, 1) < count) await new Promise((resolve) => setTimeout(resolve, 5));
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
}

describe("the blob index between threads", () => {
  it.each([2, 4])(
    "gives each id to exactly one of %i threads that claim it while the table grows",
    async (threads) => {
      const count = 60_000;
      const index = BlobIndex.create();
      const pack = index.addPack(idOf(1));
      const ids = new SharedArrayBuffer(count * 32);
      new Uint8Array(ids).set(randomBytes(count * 32));
      const wins = new Int32Array(new SharedArrayBuffer(count * 4));
      const gate = makeGate();
      const claimers = Array.from({ length: threads }, (_, seed) =>
        runProgram("claim-blobs.mjs", { shared: index.shared, ids, wins, gate, seed: seed + 1, pack }),
      );
      await open(gate, threads);
      await Promise.all(claimers);

      expect(wins.every((won) => won === 1)).toBe(true);
      expect(index.blobCount).toBe(count);
      const winners = new Set<number>();
      let wrong = 0;
      for (let i = 0; i < count; i++) {
        const id = Uint8Array.from(new Uint8Array(ids, i * 32, 32));
        const entry = index.find(id, DATA);
        if (entry < 0 || index.isPending(entry) || index.offset(entry) !== i || index.pack(entry) !== pack)
          wrong++;
        else if (index.findNext(entry) !== -1 || index.uncompressedLength(entry) !== i) wrong++;
        else winners.add(index.length(entry));
      }
      expect(wrong).toBe(0);
      // Otherwise they would not have met.
      expect(winners.size).toBeGreaterThan(1);
    },
  );

  it("answers readers rightly while two others make it grow", async () => {
    const index = BlobIndex.create();
    const pack = index.addPack(idOf(1));
    const known = new SharedArrayBuffer(500 * 32);
    new Uint8Array(known).set(randomBytes(known.byteLength));
    for (let i = 0; i < 500; i++) {
      const id = Uint8Array.from(new Uint8Array(known, i * 32, 32));
      index.add(id, DATA, { pack, offset: i, length: 1, uncompressedLength: 0 });
    }
    const count = 100_000;
    const ids = new SharedArrayBuffer(count * 32);
    new Uint8Array(ids).set(randomBytes(count * 32));
    const wins = new Int32Array(new SharedArrayBuffer(count * 4));
    const gate = makeGate();
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const { shared } = index;
    const reader = runProgram("read-blobs.mjs", { shared, ids: known, gate, stop });
    const claimers = [1, 2].map((seed) =>
      runProgram("claim-blobs.mjs", { shared, ids, wins, gate, seed, pack }),
    );
    await open(gate, 3);
    await Promise.all(claimers);
    Atomics.store(stop, 0, 1);
    const { wrong, rounds } = (await reader) as { wrong: number; rounds: number };
    expect(wrong).toBe(0);
    expect(rounds).toBeGreaterThan(1);
    expect(index.blobCount).toBe(count + 500);
  });
});
