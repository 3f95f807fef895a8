/** What every storage must do. `storageConformance("local", make)` declares the tests; `make` gives an empty storage. */
import { isTasticError, type ErrorCode } from "@tastic/errors";
import type { FileType, Storage, StorageFile } from "@tastic/storage";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleBytes, sha256Hex } from "../../../test/support/bytes.js";

const types: readonly FileType[] = ["key", "lock", "snapshot", "index", "pack"];
const config: StorageFile = { type: "config", name: "" };

/** The object that holds `bytes`, under the name that a repository gives it. */
export function fileFor(type: FileType, bytes: Uint8Array): StorageFile {
  return { type, name: type === "config" ? "" : sha256Hex(bytes) };
}

/** Expects the promise to fail with an error of tastic that has this code, and returns the error. */
export async function failure(promise: Promise<unknown>, code: ErrorCode) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isTasticError(error)) throw new Error(`expected ${code}`, { cause: error });
  expect(error.code, error.message).toBe(code);
  return error;
}

/** All that a listing gives: sizes by name, each name once. */
export async function listed(storage: Storage, type: FileType): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const { name, size } of storage.list(type)) {
    expect(found.has(name), `${name} is listed once`).toBe(false);
    found.set(name, size);
  }
  return found;
}

/** The storage without what it held: cheaper than another one, where that has hundreds of folders to make. */
export async function emptied(storage: Storage): Promise<Storage> {
  await storage.prepare();
  for (const type of ["config", ...types] as const) {
    for (const name of (await listed(storage, type)).keys()) await storage.remove({ type, name });
  }
  return storage;
}

export function storageConformance(name: string, make: () => Promise<Storage>): void {
  describe(`${name} storage`, () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = await make();
      await storage.prepare();
    });
    afterEach(() => storage.close());

    async function saved(type: FileType, bytes: Uint8Array): Promise<StorageFile> {
      const file = fileFor(type, bytes);
      await storage.save(file, bytes);
      return file;
    }

    it("says where it is and how many operations make sense", () => {
      expect(storage.location).not.toBe("");
      expect(storage.connections).toBeGreaterThanOrEqual(1);
    });

    it("is prepared twice without harm", async () => {
      const file = await saved("snapshot", sampleBytes(10));
      await storage.prepare();
      expect((await storage.load(file)).length).toBe(10);
    });

    it.each<FileType>(["config", ...types])("keeps, tells of and removes a %s", async (type) => {
      const bytes = sampleBytes(1000);
      const file = fileFor(type, bytes);
      await failure(storage.stat(file), "not-found");
      await storage.save(file, bytes);
      expect(await storage.stat(file)).toEqual({ name: file.name, size: 1000 });
      expect(await storage.load(file)).toEqual(bytes);
      expect(await listed(storage, type)).toEqual(new Map([[file.name, 1000]]));
      await storage.remove(file);
      expect(await listed(storage, type)).toEqual(new Map());
      await failure(storage.load(file), "not-found");
    });

    it("keeps the types apart", async () => {
      const bytes = sampleBytes(7);
      await saved("index", bytes);
      await failure(storage.load(fileFor("snapshot", bytes)), "not-found");
      for (const type of types) {
        expect((await listed(storage, type)).size, type).toBe(type === "index" ? 1 : 0);
      }
      expect((await listed(storage, "config")).size).toBe(0);
    });

    it("names the object in an error", async () => {
      const file = fileFor("pack", sampleBytes(3));
      for (const call of [() => storage.load(file), () => storage.stat(file), () => storage.remove(file)]) {
        const error = await failure(call(), "not-found");
        expect(error.message).toContain(`pack ${file.name.slice(0, 8)}`);
        expect(error.data).toMatchObject({ type: "pack", name: file.name });
        expect(error.guidance).toBeTruthy();
      }
    });

    it("keeps an object without bytes", async () => {
      const file = await saved("lock", new Uint8Array(0));
      expect(await storage.load(file)).toEqual(new Uint8Array(0));
      expect(await storage.load(file, { offset: 0, length: 0 })).toEqual(new Uint8Array(0));
      expect(await storage.stat(file)).toEqual({ name: file.name, size: 0 });
      expect(await listed(storage, "lock")).toEqual(new Map([[file.name, 0]]));
      await failure(storage.load(file, { offset: 0, length: 1 }), "invalid-format");
      await failure(storage.load(file, { offset: 1, length: 0 }), "invalid-format");
    });

    it("keeps 20 MiB, whole and in ranges", async () => {
      const bytes = sampleBytes(20 * 1024 * 1024 + 13);
      const file = await saved("pack", bytes);
      expect(sha256Hex(await storage.load(file))).toBe(file.name);
      const offset = 9 * 1024 * 1024 - 5;
      const length = 11 * 1024 * 1024;
      const range = await storage.load(file, { offset, length });
      expect(sha256Hex(range)).toBe(sha256Hex(bytes.subarray(offset, offset + length)));
      await failure(storage.load(file, { offset, length: 12 * 1024 * 1024 }), "invalid-format");
    });

    it("saves pieces as one object, whatever their sizes", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), async (pieces) => {
          const bytes = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
          const file = fileFor("pack", bytes);
          await storage.save(file, pieces);
          expect(await storage.load(file)).toEqual(bytes);
        }),
        { numRuns: 25 },
      );
    });

    it("saves more pieces than a system takes at once", async () => {
      const bytes = sampleBytes(5000);
      const pieces = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
      const file = fileFor("index", bytes);
      await storage.save(file, pieces);
      expect(await storage.load(file)).toEqual(bytes);
    });

    it("says that it needs the content no more only when it does not", async () => {
      for (const [type, holds] of [
        ["pack", "data"],
        ["pack", "tree"],
        ["index", undefined],
      ] as const) {
        const bytes = sampleBytes(70_000);
        const file = fileFor(type, bytes);
        const lent = bytes.slice();
        await storage.save(file, lent, {
          holds,
          onTaken: () => structuredClone(undefined, { transfer: [lent.buffer] }),
        });
        expect(Buffer.compare(await storage.load(file), bytes)).toBe(0);
      }
    });

    it("loads every range of an object, and none beyond it", async () => {
      const bytes = sampleBytes(9);
      const file = await saved("pack", bytes);
      for (let offset = 0; offset <= 10; offset++) {
        for (let length = 0; length <= 11; length++) {
          const load = storage.load(file, { offset, length });
          if (offset + length <= 9) expect(await load).toEqual(bytes.slice(offset, offset + length));
          else await failure(load, "invalid-format");
        }
      }
    });

    it.each([
      [-1, 1],
      [0, -1],
      [0.5, 1],
      [0, 1.5],
      [Number.NaN, 1],
      [0, Number.POSITIVE_INFINITY],
      [Number.MAX_SAFE_INTEGER, 1],
    ])("refuses %d, %d as a range", async (offset, length) => {
      const file = await saved("pack", sampleBytes(10));
      await failure(storage.load(file, { offset, length }), "invalid-argument");
    });

    it("refuses to load more than there can be, before it allocates", async () => {
      const file = await saved("pack", sampleBytes(10));
      await failure(storage.load(file, { offset: 0, length: 2 ** 40 }), "limit-exceeded");
    });

    it.each([
      ["pack", ""],
      ["pack", "../../../etc/passwd"],
      ["pack", "A".repeat(64)],
      ["pack", `${"a".repeat(64)}\n`],
      ["index", "a".repeat(63)],
      ["index", "a".repeat(65)],
      ["snapshot", `${"a".repeat(62)}/.`],
      ["config", "a".repeat(64)],
      ["config", "config"],
    ] as const)("refuses a %s with the name %j", async (type, badName) => {
      const file = { type, name: badName };
      for (const call of [
        () => storage.save(file, sampleBytes(1)),
        () => storage.load(file),
        () => storage.stat(file),
        () => storage.remove(file),
      ]) {
        await failure(call(), "invalid-argument");
      }
    });

    it("does not overwrite a config", async () => {
      await storage.save(config, sampleBytes(5, 1));
      await failure(storage.save(config, sampleBytes(6, 2)), "already-exists");
      expect(await storage.load(config)).toEqual(sampleBytes(5, 1));
    });

    it("lets one of several savers of the config win", async () => {
      const contents = [1, 2, 3, 4].map((seed) => sampleBytes(100 + seed, seed));
      const results = await Promise.allSettled(contents.map((bytes) => storage.save(config, bytes)));
      const winner = results.findIndex(({ status }) => status === "fulfilled");
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(await storage.load(config)).toEqual(contents[winner]);
    });

    it("saves an object again without harm, also at the same time", async () => {
      const bytes = sampleBytes(300_000);
      const file = await saved("pack", bytes);
      await Promise.all(Array.from({ length: 6 }, () => storage.save(file, bytes)));
      expect(sha256Hex(await storage.load(file))).toBe(file.name);
      expect(await listed(storage, "pack")).toEqual(new Map([[file.name, bytes.length]]));
    });

    it("saves many objects at the same time", async () => {
      const contents = Array.from({ length: 100 }, (_, i) => sampleBytes(i * 31, i + 1));
      await Promise.all(contents.map((bytes) => storage.save(fileFor("pack", bytes), bytes)));
      const expected = new Map(contents.map((bytes) => [sha256Hex(bytes), bytes.length]));
      expect(await listed(storage, "pack")).toEqual(expected);
    });

    it("lists while objects come and go, and never one that is not whole", async () => {
      const length = 200_000;
      const staying = await saved("pack", sampleBytes(length, 1000));
      const writing = (async () => {
        for (let seed = 1; seed <= 30; seed++) {
          const file = await saved("pack", sampleBytes(length, seed));
          if (seed % 2 === 0) await storage.remove(file);
        }
      })();
      let done = false;
      void writing.finally(() => (done = true)).catch(() => undefined);
      do {
        const found = await listed(storage, "pack");
        expect(found.has(staying.name)).toBe(true);
        for (const size of found.values()) expect(size).toBe(length);
        // A storage without I/O would otherwise keep timers from running.
        await new Promise((resolve) => setImmediate(resolve));
      } while (!done);
      await writing;
      expect((await listed(storage, "pack")).size).toBe(16);
    });

    it("can be stopped in the middle of a listing", async () => {
      for (let seed = 1; seed <= 5; seed++) await saved("lock", sampleBytes(20, seed));
      for await (const info of storage.list("lock")) {
        expect(info.size).toBe(20);
        break;
      }
      await expect(
        (async () => {
          for await (const _ of storage.list("lock")) throw new Error("the caller's own");
        })(),
      ).rejects.toThrow("the caller's own");
    });

    it("gives the caller bytes of its own, and keeps bytes of its own", async () => {
      const bytes = sampleBytes(100);
      const file = await saved("index", bytes);
      bytes.fill(0);
      const first = await storage.load(file, { offset: 10, length: 20 });
      expect(first).toEqual(sampleBytes(100).slice(10, 30));
      first.fill(0);
      expect(first.buffer.byteLength).toBe(20);
      expect(Object.getPrototypeOf(first)).toBe(Uint8Array.prototype);
      expect(await storage.load(file)).toEqual(sampleBytes(100));
    });

    it("does nothing once it is cancelled", async () => {
      const bytes = sampleBytes(10);
      const file = await saved("pack", bytes);
      const other = fileFor("pack", sampleBytes(10, 2));
      const signal = AbortSignal.abort();
      await failure(storage.save(other, bytes, { signal }), "cancelled");
      await failure(storage.load(file, undefined, { signal }), "cancelled");
      await failure(storage.stat(file, { signal }), "cancelled");
      await failure(storage.remove(file, { signal }), "cancelled");
      await failure(
        (async () => {
          for await (const _ of storage.list("pack", { signal }));
        })(),
        "cancelled",
      );
      expect(await listed(storage, "pack")).toEqual(new Map([[file.name, 10]]));
    });

    it("saves nothing when it is cancelled on the way", async () => {
      const bytes = sampleBytes(8 * 1024 * 1024);
      const controller = new AbortController();
      const saving = storage.save(fileFor("pack", bytes), bytes, { signal: controller.signal });
      const outcome = saving.then(
        () => "saved",
        () => "failed",
      );
      controller.abort();
      // Which of the two comes first is the storage's business, but it has to be one of them.
      if ((await outcome) === "failed") {
        await failure(saving, "cancelled");
        expect((await listed(storage, "pack")).size).toBe(0);
      } else {
        expect((await listed(storage, "pack")).size).toBe(1);
      }
    });
  });
}
