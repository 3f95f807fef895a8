/**
 * A repository in any `Storage`, such as a bucket: what makes a stateless gateway. An object arrives in memory, whole and
 * verified, before it is stored, and all uploads together stay within a budget.
 */
import { isTasticError } from "@tastic/errors";
import type { FileInfo, FileType, Storage, StorageFile } from "@tastic/storage";
import { refusal } from "../http/refusal.js";
import { release } from "./memory.js";
import type { MemoryBudget } from "./memory-budget.js";
import type { ObjectFacts, ObjectReader, ObjectStore, ObjectWriter } from "./object-store.js";
import type { StorageTrash } from "./storage-trash.js";

export interface StorageStoreOptions {
  readonly storage: Storage;
  readonly trash: StorageTrash;
  /** For what comes in, and for what goes out: slow readers do not keep others from storing. */
  readonly budgets: { readonly uploads: MemoryBudget; readonly downloads: MemoryBudget };
  /** Is called before something is stored, so that the repository is known. */
  readonly register: () => Promise<void>;
}

/** What is asked for at once when an object is read. */
const pieceLength = 4 * 1024 * 1024;
const batchLength = 512;

export class StorageStore implements ObjectStore {
  readonly location: string;
  readonly trash: StorageTrash;
  readonly #storage: Storage;
  readonly #uploads: MemoryBudget;
  readonly #downloads: MemoryBudget;
  readonly #register: () => Promise<void>;

  constructor({ storage, trash, budgets, register }: StorageStoreOptions) {
    this.location = storage.location;
    this.trash = trash;
    this.#storage = storage;
    this.#uploads = budgets.uploads;
    this.#downloads = budgets.downloads;
    this.#register = register;
  }

  async create(): Promise<void> {
    await this.#storage.prepare();
    await this.#register();
  }

  async begin(file: StorageFile, length: number | undefined): Promise<ObjectWriter> {
    if (length === undefined) {
      throw refusal(411, "invalid-argument", "an upload has to say how long it is", {
        text: "Length Required",
      });
    }
    await this.#register();
    await this.#uploads.take(length);
    return new StorageWriter(this.#storage, file, () => this.#uploads.give(length));
  }

  async open(file: StorageFile): Promise<ObjectReader> {
    const { size } = await this.#storage.stat(file);
    return new StorageReader(this.#storage, file, size, this.#downloads);
  }

  async stat(file: StorageFile): Promise<ObjectFacts> {
    const { size } = await this.#storage.stat(file);
    return { size, modified: 0 };
  }

  async *list(type: FileType): AsyncGenerator<readonly FileInfo[], void, undefined> {
    let batch: FileInfo[] = [];
    for await (const info of this.#storage.list(type)) {
      batch.push(info);
      if (batch.length < batchLength) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  }

  remove(file: StorageFile): Promise<void> {
    return this.#storage.remove(file);
  }

  /** What has not arrived is only in memory. */
  async removeUnfinished(): Promise<number> {
    return 0;
  }

  /** That there was a repository stays written down: servers that know it do not write it down again. */
  async erase(): Promise<void> {
    // The other way round than they are made: what is left of an interruption refers to nothing that is gone.
    const types: readonly FileType[] = ["lock", "snapshot", "index", "pack", "key", "config"];
    for (const type of types)
      for await (const { name } of this.#storage.list(type)) await this.#remove({ type, name });
    for await (const object of this.trash.list()) await this.trash.destroy(object);
  }

  /** A copy, and only then the removal: at no time is the object in neither place. */
  async discard(file: StorageFile, account: string, now: number): Promise<void> {
    const { size } = await this.#storage.stat(file);
    await this.#uploads.take(size);
    try {
      await this.trash.take(file, await this.#storage.load(file), account, now);
    } finally {
      this.#uploads.give(size);
    }
    await this.#storage.remove(file);
  }

  /** What somebody else has removed meanwhile is as it should be. */
  async #remove(file: StorageFile): Promise<void> {
    try {
      await this.#storage.remove(file);
    } catch (error) {
      if (!isTasticError(error, "not-found")) throw error;
    }
  }
}

class StorageWriter implements ObjectWriter {
  readonly #storage: Storage;
  readonly #file: StorageFile;
  readonly #pieces: Uint8Array[] = [];
  #end: (() => void) | undefined;

  constructor(storage: Storage, file: StorageFile, end: () => void) {
    this.#storage = storage;
    this.#file = file;
    this.#end = end;
  }

  write(piece: Uint8Array): undefined {
    this.#pieces.push(piece);
  }

  async commit(): Promise<"stored" | "exists"> {
    // Two at once store the same bytes twice, under a name that is their hash; a config only one of them can make.
    if (await this.#exists()) return this.#finish("exists");
    try {
      await this.#storage.save(this.#file, this.#pieces);
    } catch (error) {
      if (!isTasticError(error, "already-exists")) throw error;
      return this.#finish("exists");
    }
    return this.#finish("stored");
  }

  async abort(): Promise<void> {
    this.#finish("stored");
  }

  async #exists(): Promise<boolean> {
    try {
      await this.#storage.stat(this.#file);
      return true;
    } catch (error) {
      if (isTasticError(error, "not-found")) return false;
      throw error;
    }
  }

  #finish<T>(result: T): T {
    for (const piece of this.#pieces.splice(0)) release(piece);
    this.#end?.();
    this.#end = undefined;
    return result;
  }
}

class StorageReader implements ObjectReader {
  readonly size: number;
  readonly modified = 0;
  readonly #storage: Storage;
  readonly #file: StorageFile;
  readonly #budget: MemoryBudget;

  constructor(storage: Storage, file: StorageFile, size: number, budget: MemoryBudget) {
    this.#storage = storage;
    this.#file = file;
    this.size = size;
    this.#budget = budget;
  }

  async *read(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = start; at < end; at += pieceLength) {
      const length = Math.min(pieceLength, end - at);
      await this.#budget.take(length);
      try {
        yield await this.#storage.load(this.#file, { offset: at, length });
      } finally {
        this.#budget.give(length);
      }
    }
  }

  async close(): Promise<void> {}
}
