/** The cache on disk: what it holds, that it is never trusted, and never a reason to fail. */
import { mkdir, readFile, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createCacheStorage,
  createFaultStorage,
  createMemoryStorage,
  defaultCacheDirectory,
  isOldCache,
  listCaches,
  openCacheFolder,
  type FileType,
} from "@tastic/storage";
import { describe, expect, it } from "vitest";
import { flipped, sampleBytes } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { failure, fileFor, listed, storageConformance } from "./conformance.js";

const id = "5e".repeat(32);
const bytes = sampleBytes(10_000);
const keep = { cache: "keep" } as const;
const trees = { holds: "tree" } as const;
const part = { offset: 100, length: 50 };

storageConformance("caching", async () =>
  createCacheStorage(createMemoryStorage(), await openCacheFolder(await temporaryFolder(), id)),
);
storageConformance("caching without a disk", async () => {
  const folder = await openCacheFolder(await temporaryFolder(), id);
  await rm(folder.path, { recursive: true });
  await writeFile(folder.path, "in the way");
  return createCacheStorage(createMemoryStorage(), folder);
});

async function caching() {
  const directory = join(await temporaryFolder(), "caches");
  const folder = await openCacheFolder(directory, id);
  const inner = createMemoryStorage();
  const loads: string[] = [];
  const counted = createFaultStorage(inner, (operation, file) => {
    if (operation === "load") loads.push(file!.type);
    return undefined;
  });
  const warnings: string[] = [];
  const storage = createCacheStorage(counted, folder, { onWarning: (message) => warnings.push(message) });
  const pathOf = (type: FileType, name: string) => {
    const folders: Partial<Record<FileType, string>> = {
      pack: "data",
      index: "index",
      snapshot: "snapshots",
    };
    return join(folder.path, folders[type]!, name.slice(0, 2), name);
  };
  return { directory, folder, inner, loads, storage, warnings, pathOf };
}

describe("a storage with a cache", () => {
  it("lays its folder out as restic does", async () => {
    const { directory, folder } = await caching();
    expect(folder.path).toBe(join(directory, id));
    expect(folder.isNew).toBe(true);
    expect((await readdir(folder.path)).sort()).toEqual(["data", "index", "snapshots", "version"]);
    expect(await readFile(join(folder.path, "version"), "utf8")).toBe("1");
    expect(await readFile(join(directory, "CACHEDIR.TAG"), "utf8")).toBe(
      "Signature: 8a477f597d28d172789f06886806bc55\n",
    );
    if (process.platform !== "win32") expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await openCacheFolder(directory, id)).isNew).toBe(false);
  });

  it.each<FileType>(["index", "snapshot"])("asks for each %s once, also for what it saved", async (type) => {
    const { inner, storage, loads, pathOf } = await caching();
    const file = fileFor(type, bytes);
    await storage.save(file, [bytes.subarray(0, 5000), bytes.subarray(5000)]);
    expect(new Uint8Array(await readFile(pathOf(type, file.name)))).toEqual(bytes);
    expect(await storage.load(file)).toEqual(bytes);
    expect(loads).toEqual([]);
    const other = fileFor(type, sampleBytes(500, 2));
    await inner.save(other, sampleBytes(500, 2));
    expect(await storage.load(other)).toEqual(sampleBytes(500, 2));
    expect(await storage.load(other)).toEqual(sampleBytes(500, 2));
    expect(loads).toEqual([type]);
  });

  it("fetches a pack of trees whole, once for all who want a part of it, and no other pack", async () => {
    const { inner, storage, loads } = await caching();
    const file = fileFor("pack", bytes);
    await inner.save(file, bytes);
    for (let i = 0; i < 3; i++) expect(await storage.load(file, part)).toEqual(bytes.slice(100, 150));
    expect(loads).toHaveLength(3);
    const parts = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => ({ offset: i * 1000, length: 1000 }));
    const loaded = await Promise.all(parts.map((range) => storage.load(file, range, keep)));
    expect(loaded).toEqual(parts.map(({ offset, length }) => bytes.slice(offset, offset + length)));
    expect(loads).toHaveLength(4);
  });

  it.each<FileType>(["key", "lock", "config"])("holds no %s", async (type) => {
    const { folder, storage, loads } = await caching();
    const file = fileFor(type, bytes);
    await storage.save(file, bytes);
    await storage.load(file);
    await storage.load(file);
    expect(loads).toEqual([type, type]);
    expect((await readdir(folder.path)).sort()).toEqual(["data", "index", "snapshots", "version"]);
  });

  it("takes nothing for an object that is too short", async () => {
    const { storage, pathOf } = await caching();
    const file = fileFor("pack", bytes);
    await storage.save(file, bytes, trees);
    for (const length of [9_999, 120, 10, 0]) {
      await truncate(pathOf("pack", file.name), length);
      expect(await storage.load(file, { offset: 9_950, length: 50 }, keep)).toEqual(bytes.slice(9_950));
    }
    await rm(pathOf("pack", file.name));
    await mkdir(pathOf("pack", file.name));
    expect(await storage.load(file, part, keep)).toEqual(bytes.slice(100, 150));
  });

  it("asks the store again for what was damaged, and keeps nothing that is", async () => {
    const { inner, storage, pathOf, loads } = await caching();
    const file = fileFor("index", bytes);
    await storage.save(file, bytes);
    await writeFile(pathOf("index", file.name), flipped(bytes, 77));
    expect(await storage.load(file)).toEqual(flipped(bytes, 77));
    expect(await storage.load(file, undefined, { cache: "renew" })).toEqual(bytes);
    expect(await storage.load(file)).toEqual(bytes);
    expect(loads).toEqual(["index"]);
    const damaged = fileFor("index", sampleBytes(99, 3));
    await inner.save(damaged, sampleBytes(99, 4));
    await storage.load(damaged);
    await expect(stat(pathOf("index", damaged.name))).rejects.toThrow("ENOENT");
  });

  it("forgets what a whole listing does not tell, or what it removed, and nothing else", async () => {
    const { inner, storage, pathOf } = await caching();
    const files = [1, 2, 3].map((seed) => fileFor("snapshot", sampleBytes(100, seed)));
    for (const [i, file] of files.entries()) await storage.save(file, sampleBytes(100, i + 1));
    const [gone, removed, stays] = files.map(({ name }) => pathOf("snapshot", name));
    await inner.remove(files[0]!);
    for await (const _ of storage.list("snapshot")) break;
    await stat(gone!);
    await listed(storage, "index");
    await stat(gone!);
    await listed(storage, "snapshot");
    await expect(stat(gone!)).rejects.toThrow("ENOENT");
    await storage.remove(files[1]!);
    await expect(stat(removed!)).rejects.toThrow("ENOENT");
    await stat(stays!);
    await failure(storage.load(files[0]!), "not-found");
  });

  it("forgets nothing when a listing breaks", async () => {
    const folder = await openCacheFolder(await temporaryFolder(), id);
    const inner = createFaultStorage(createMemoryStorage(), (operation) =>
      operation === "list" ? { kind: "fail", when: "before" } : undefined,
    );
    const storage = createCacheStorage(inner, folder);
    const file = fileFor("snapshot", bytes);
    await storage.save(file, bytes);
    await failure(listed(storage, "snapshot"), "storage-failed");
    expect(await folder.read(file)).toEqual(bytes);
  });

  it("forgets packs that are in use no more", async () => {
    const { folder, storage } = await caching();
    const [one, two] = [fileFor("pack", bytes), fileFor("pack", sampleBytes(50, 2))];
    await storage.save(one, bytes, trees);
    await storage.save(two, sampleBytes(50, 2), trees);
    await storage.forgetPacks((name) => name === two.name);
    expect(await folder.read(one)).toBeUndefined();
    expect(await folder.read(two)).toBeDefined();
  });

  it("goes on without it, and says so once, where nothing can be written", async () => {
    const { folder, storage, warnings } = await caching();
    await rm(folder.path, { recursive: true });
    await writeFile(folder.path, "in the way");
    for (const seed of [1, 2, 3]) {
      const content = sampleBytes(100, seed);
      await storage.save(fileFor("index", content), content);
      expect(await storage.load(fileFor("index", content))).toEqual(content);
    }
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(folder.path);
  });

  it("is used by several at the same time", async () => {
    const { directory, inner } = await caching();
    const files = Array.from({ length: 10 }, (_, seed) => sampleBytes(5000, seed + 1));
    for (const content of files) await inner.save(fileFor("pack", content), content);
    const users = await Promise.all(
      Array.from({ length: 5 }, async () => createCacheStorage(inner, await openCacheFolder(directory, id))),
    );
    await Promise.all(
      users.map(async (user, i) => {
        for (let round = 0; round < 20; round++) {
          const content = files[(round * 7 + i) % 10]!;
          const file = fileFor("pack", content);
          expect(await user.load(file, part, keep)).toEqual(content.slice(100, 150));
          if (round % 3 === i % 3) await user.load(file, part, { cache: "renew" });
        }
      }),
    );
  });

  it("refuses a cache of a later version, and takes over one without", async () => {
    const { directory, folder } = await caching();
    await writeFile(join(folder.path, "version"), "2");
    await failure(openCacheFolder(directory, id), "unsupported");
    await writeFile(join(folder.path, "version"), "x");
    await failure(openCacheFolder(directory, id), "unsupported");
    await rm(join(folder.path, "version"));
    await openCacheFolder(directory, id);
    expect(await readFile(join(folder.path, "version"), "utf8")).toBe("1");
    await failure(openCacheFolder(directory, "../x"), "invalid-argument");
  });
});

describe("the folder of caches", () => {
  it("is where the system has it", () => {
    expect(defaultCacheDirectory({ HOME: "/h" }, "linux")).toBe("/h/.cache/restic");
    expect(defaultCacheDirectory({ HOME: "/h", XDG_CACHE_HOME: "/x" }, "linux")).toBe("/x/restic");
    expect(defaultCacheDirectory({ HOME: "/h", XDG_CACHE_HOME: "/x" }, "darwin")).toBe(
      "/h/Library/Caches/restic",
    );
    expect(defaultCacheDirectory({ LOCALAPPDATA: "/l" }, "win32")).toBe("/l/restic");
    expect(() => defaultCacheDirectory({}, "linux")).toThrow("neither $XDG_CACHE_HOME nor $HOME are defined");
    expect(() => defaultCacheDirectory({ XDG_CACHE_HOME: "x" }, "linux")).toThrow("relative");
  });

  it("knows its caches, and which of them are old", async () => {
    const { directory, folder } = await caching();
    const old = join(directory, "ab".repeat(32));
    await mkdir(old);
    await mkdir(join(directory, "restic-check-cache-12"));
    await mkdir(join(directory, "something"));
    const then = new Date(Date.now() - 31 * 24 * 60 * 60_000);
    await utimes(old, then, then);
    const caches = await listCaches(directory);
    expect(caches.map(({ name }) => name)).toHaveLength(3);
    expect(caches.filter((cache) => isOldCache(cache)).map(({ path }) => path)).toEqual([old]);
    expect(caches.filter((cache) => isOldCache(cache, 32))).toEqual([]);
    expect(folder.path).toContain(id);
    expect(await listCaches(join(directory, "nowhere"))).toEqual([]);
  });
});
