/**
 * A storage that keeps on this machine's disk what is asked for again and again: index files, snapshots, and the packs
 * that hold trees, whole. What is there and what is not, only the store says: nothing is listed from a cache, and what is
 * gone from the store is forgotten with the next listing.
 *
 * The cache is never a reason to fail. Where it cannot be read, the store is asked; where it cannot be written to, it is
 * left alone from then on.
 */
import { createHash } from "node:crypto";
import { messageOf } from "@tastic/errors";
import { isCachedType, type CacheFolder } from "./cache-folder.js";
import { pathOf } from "./layout.js";
import { checkRange } from "./range.js";
import type {
  ByteRange,
  FileInfo,
  FileType,
  OperationOptions,
  SaveOptions,
  Storage,
  StorageFile,
} from "./storage.js";

/** How a cache behaves. */
export interface CacheOptions {
  /** Is told once that the cache cannot be written to, and why. */
  readonly onWarning?: (message: string) => void;
}

/** A storage behind a cache: what it has read once, it reads from this machine. */
export interface CacheStorage extends Storage {
  /** Forgets packs that are not in use any more, since they are hardly ever listed. */
  forgetPacks(isInUse: (name: string) => boolean): Promise<void>;
}

/** `inner`, with a cache. Where a caller finds what it got damaged, it asks again with `cache: "renew"`. */
export function createCacheStorage(
  inner: Storage,
  folder: CacheFolder,
  options: CacheOptions = {},
): CacheStorage {
  return new CachingStorage(inner, folder, options);
}

/** Is there a cache on top of this storage? */
export function isCacheStorage(storage: Storage): storage is CacheStorage {
  return "forgetPacks" in storage;
}

class CachingStorage implements CacheStorage {
  readonly location: string;
  readonly connections: number;
  readonly #inner: Storage;
  readonly #folder: CacheFolder;
  readonly #warn: (message: string) => void;
  /** What is on its way from the store into the cache; resolves to whether it got there. */
  readonly #fetching = new Map<string, Promise<boolean>>();
  #writable = true;

  constructor(inner: Storage, folder: CacheFolder, { onWarning }: CacheOptions) {
    this.location = inner.location;
    this.connections = inner.connections;
    this.#inner = inner;
    this.#folder = folder;
    this.#warn = onWarning ?? (() => undefined);
  }

  prepare(): Promise<void> {
    return this.#inner.prepare();
  }

  async save(file: StorageFile, content: Uint8Array | readonly Uint8Array[], options?: SaveOptions) {
    if (!isCachedType(file.type) || (file.type === "pack" && options?.holds !== "tree")) {
      await this.#inner.save(file, content, options);
      return;
    }
    await this.#inner.save(file, content, { ...options, onTaken: undefined });
    const pieces = content instanceof Uint8Array ? [content] : content;
    await this.#change(() => this.#folder.write(file, pieces));
  }

  async load(file: StorageFile, range?: ByteRange, options: OperationOptions = {}) {
    if (!isCachedType(file.type)) return this.#inner.load(file, range, options);
    pathOf(file);
    if (range !== undefined) checkRange(file, range);
    if (options.cache === "renew") {
      await this.#change(() => this.#folder.remove(file));
      return range === undefined ? this.#fetchWhole(file, options) : this.#inner.load(file, range, options);
    }
    if (!isKept(file, options) || options.signal?.aborted === true)
      return this.#inner.load(file, range, options);
    const cached = await this.#folder.read(file, range);
    if (cached !== undefined) return cached;
    return range === undefined ? this.#fetchWhole(file, options) : this.#loadRange(file, range, options);
  }

  stat(file: StorageFile, options?: OperationOptions): Promise<FileInfo> {
    return this.#inner.stat(file, options);
  }

  async *list(type: FileType, options?: OperationOptions): AsyncGenerator<FileInfo, void, undefined> {
    if (!isCachedType(type)) {
      yield* this.#inner.list(type, options);
      return;
    }
    const there = new Set<string>();
    for await (const info of this.#inner.list(type, options)) {
      there.add(info.name);
      yield info;
    }
    // Only a listing that was told to its end says what is gone.
    await this.#change(() => this.#folder.keepOnly(type, (name) => there.has(name)));
  }

  async remove(file: StorageFile, options?: OperationOptions): Promise<void> {
    await this.#inner.remove(file, options);
    if (isCachedType(file.type)) await this.#change(() => this.#folder.remove(file));
  }

  async forgetPacks(isInUse: (name: string) => boolean): Promise<void> {
    await this.#change(() => this.#folder.keepOnly("pack", isInUse));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** A range of an object that is not in the cache yet: the whole is fetched, by one of those who want a part of it. */
  async #loadRange(file: StorageFile, range: ByteRange, options: OperationOptions) {
    const path = pathOf(file);
    let fetching = this.#fetching.get(path);
    if (fetching === undefined) {
      fetching = this.#fetchWhole(file, options)
        .then(
          () => true,
          // Whoever waits asks the store for itself, and learns what is wrong.
          () => false,
        )
        .finally(() => this.#fetching.delete(path));
      this.#fetching.set(path, fetching);
    }
    const cached = (await fetching) ? await this.#folder.read(file, range) : undefined;
    return cached ?? this.#inner.load(file, range, options);
  }

  /** Loads all of an object, and keeps it if it is what its name says. */
  async #fetchWhole(file: StorageFile, options: OperationOptions) {
    const bytes = await this.#inner.load(file, undefined, options);
    const intact = createHash("sha256").update(bytes).digest("hex") === file.name;
    if (intact) await this.#change(() => this.#folder.write(file, [bytes]));
    else await this.#change(() => this.#folder.remove(file));
    return bytes;
  }

  async #change(work: () => Promise<void>): Promise<void> {
    if (!this.#writable) return;
    try {
      await work();
    } catch (error) {
      this.#writable = false;
      this.#warn(`the cache in ${this.#folder.path} cannot be changed: ${messageOf(error)}`);
    }
  }
}

/** Are objects of this kind kept in a cache? */
function isKept(file: StorageFile, { cache }: OperationOptions = {}): boolean {
  return isCachedType(file.type) && (file.type !== "pack" || cache === "keep");
}
