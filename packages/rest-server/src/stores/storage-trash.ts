/**
 * The trash of a repository in a `Storage`. There is no renaming in a bucket, and an object's name has no room for a
 * time: what an account deletes within an hour lies in a storage of its own, below `.tastic/trash/` in the repository,
 * and a document says that there is one.
 */
import { createHash } from "node:crypto";
import { isTasticError } from "@tastic/errors";
import type { FileType, Storage, StorageFile } from "@tastic/storage";
import type { DocumentStore } from "../accounts/documents.js";
import type { Trash, TrashedObject } from "./object-store.js";

export interface StorageTrashOptions {
  /** The repository's storage. */
  readonly storage: Storage;
  /** Opens the storage at a place below the repository's. */
  readonly open: (place: string) => Storage;
  readonly documents: DocumentStore;
  readonly repository: string;
}

const hour = 60 * 60_000;
const types: readonly FileType[] = ["config", "key", "pack", "index", "snapshot", "lock"];
const maximumAccountBytes = 96;

export class StorageTrash implements Trash {
  readonly #options: StorageTrashOptions;
  readonly #folder: string;
  readonly #known = new Set<string>();

  constructor(options: StorageTrashOptions) {
    this.#options = options;
    this.#folder = `trash/${createHash("sha256").update(options.repository).digest("hex")}`;
  }

  async take(file: StorageFile, content: Uint8Array, account: string, now: number): Promise<void> {
    const name = Buffer.from(account, "utf8").subarray(0, maximumAccountBytes).toString("base64url");
    if (file.type === "config") return this.#takeConfig(file, content, name, now);
    // To its end, so that nothing is ever swept too soon.
    const until = (Math.floor(now / hour) + 1) * hour;
    const key = `${until}.${name}`;
    await this.#announce(key);
    await this.#at(key).save(file, content);
  }

  /** Several configs may be deleted within an hour, each of them another: it has to be known which was the first. */
  async #takeConfig(file: StorageFile, content: Uint8Array, name: string, now: number): Promise<void> {
    for (let time = now; ; time++) {
      const key = `${time}.${name}`;
      await this.#announce(key);
      try {
        return await this.#at(key).save(file, content);
      } catch (error) {
        if (!isTasticError(error, "already-exists")) throw error;
      }
    }
  }

  async *list(): AsyncGenerator<TrashedObject, void, undefined> {
    for await (const document of this.#options.documents.list(this.#folder)) {
      const key = document.slice(this.#folder.length + 1);
      const [time = "", account = ""] = key.split(".");
      const storage = this.#at(key);
      let empty = true;
      for (const type of types) {
        for await (const { name, size } of storage.list(type)) {
          empty = false;
          yield {
            file: { type, name },
            size,
            deleted: Number(time),
            account: Buffer.from(account, "base64url").toString("utf8"),
            key,
          };
        }
      }
      // Nobody adds to an hour that is over.
      if (empty && Number(time) + hour < Date.now()) await this.#options.documents.remove(document);
    }
  }

  async restore({ file, key }: TrashedObject): Promise<"restored" | "exists"> {
    const { storage } = this.#options;
    try {
      await storage.stat(file);
      return "exists";
    } catch (error) {
      if (!isTasticError(error, "not-found")) throw error;
    }
    const place = this.#at(key);
    await storage.save(file, await place.load(file));
    await place.remove(file);
    return "restored";
  }

  destroy({ file, key }: TrashedObject): Promise<void> {
    return this.#at(key).remove(file);
  }

  #at(key: string): Storage {
    return this.#options.open(`.tastic/trash/${key}`);
  }

  /** Says that there is a place, before something is put there. */
  async #announce(key: string): Promise<void> {
    if (this.#known.has(key)) return;
    const { documents, repository } = this.#options;
    // Somebody else may be quicker: it is the same document.
    await documents.write(`${this.#folder}/${key}`, JSON.stringify({ repository }), undefined);
    this.#known.add(key);
  }
}
