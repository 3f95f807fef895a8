/** All repositories below one place of a storage, such as a bucket and a prefix: one `Storage` for each. */
import { createHash } from "node:crypto";
import type { Storage } from "@tastic/storage";
import type { DocumentStore } from "../accounts/documents.js";
import { BoundedMap } from "../bounded-map.js";
import { MemoryBudget } from "./memory-budget.js";
import type { ObjectStore, Repositories } from "./object-store.js";
import { StorageStore } from "./storage-store.js";
import { StorageTrash } from "./storage-trash.js";

export interface StorageRepositoriesOptions {
  /** For people, without secrets. */
  readonly location: string;
  /** Opens the storage below the place; "" is the place itself. Costs nothing until it is used. */
  readonly open: (path: string) => Storage;
  readonly documents: DocumentStore;
  /** Bytes that objects on their way may hold in memory altogether; 256 MiB if not given. */
  readonly memory?: number;
}

const folder = "repositories";
const maximumOpen = 1_000;

export function createStorageRepositories(options: StorageRepositoriesOptions): Repositories {
  return new StorageRepositories(options);
}

class StorageRepositories implements Repositories {
  readonly location: string;
  readonly #options: StorageRepositoriesOptions;
  readonly #budgets: { readonly uploads: MemoryBudget; readonly downloads: MemoryBudget };
  readonly #open = new BoundedMap<string, ObjectStore>(maximumOpen);
  readonly #registered = new BoundedMap<string, boolean>(10 * maximumOpen);

  constructor(options: StorageRepositoriesOptions) {
    this.location = options.location;
    this.#options = options;
    const memory = options.memory ?? 256 * 1024 * 1024;
    this.#budgets = { uploads: new MemoryBudget(memory * 0.75), downloads: new MemoryBudget(memory * 0.25) };
  }

  open(folders: readonly string[]): ObjectStore {
    const path = folders.join("/");
    const open = this.#open.get(path);
    if (open !== undefined) return open;
    const { documents } = this.#options;
    const storage = this.#options.open(path);
    const trash = new StorageTrash({
      storage,
      documents,
      repository: path,
      open: (place) => this.#options.open(path === "" ? place : `${path}/${place}`),
    });
    const register = () => this.#register(path, folders);
    const store = new StorageStore({ storage, trash, budgets: this.#budgets, register });
    this.#open.set(path, store);
    return store;
  }

  async *list(first?: string): AsyncGenerator<readonly string[], void, undefined> {
    for await (const name of this.#options.documents.list(folder)) {
      const stored = await this.#options.documents.read(name);
      if (stored === undefined) continue;
      const { folders } = JSON.parse(stored.content) as { folders: string[] };
      if (first === undefined || folders[0] === first) yield folders;
    }
  }

  async probe(): Promise<void> {
    // Any will do, also one that is not there.
    await this.#options.documents.read("state/usage");
  }

  /** A bucket has no folders to look through: what is stored is written down. */
  async #register(path: string, folders: readonly string[]): Promise<void> {
    if (this.#registered.get(path) === true) return;
    const name = `${folder}/${createHash("sha256").update(path).digest("hex")}`;
    await this.#options.documents.write(name, JSON.stringify({ folders }), undefined);
    this.#registered.set(path, true);
  }
}
