/**
 * The trash of a repository in a folder: `.tastic/trash/<type>/<id>.<milliseconds>.<account>`, with the account in
 * base64url. An object gets there and back by a rename, with its time and without a copy; the name has no object's form,
 * so that no server serves it, whoever looks at the folder.
 */
import { mkdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  hasSystemCode,
  isObjectName,
  pathOf,
  storageError,
  syncFolder,
  type StorageFile,
} from "@tastic/storage";
import { namesIn } from "./local-list.js";
import { nameUnlessExists } from "./local-writer.js";
import { ownFolder, type Trash, type TrashedObject } from "./object-store.js";

const folders = {
  config: "config",
  key: "keys",
  lock: "locks",
  snapshot: "snapshots",
  index: "index",
  pack: "data",
} as const satisfies Record<StorageFile["type"], string>;

/** So much of an account's name is kept: a file's name has at most 255 bytes. */
const maximumAccountBytes = 96;

export class LocalTrash implements Trash {
  readonly #root: string;
  readonly #folderMode: number;
  #lastKey = 0;

  constructor(root: string, folderMode: number) {
    this.#root = root;
    this.#folderMode = folderMode;
  }

  /** Moves an object here. Throws the system's errors. */
  async take(file: StorageFile, account: string, now: number): Promise<void> {
    const from = join(this.#root, pathOf(file));
    const folder = this.#folderOf(file.type);
    // Two of one name in the same millisecond would be one.
    this.#lastKey = Math.max(now, this.#lastKey + 1);
    const name = file.name === "" ? "config" : file.name;
    const kept = Buffer.from(account, "utf8").subarray(0, maximumAccountBytes).toString("base64url");
    const to = join(folder, `${name}.${this.#lastKey}.${kept}`);
    try {
      await rename(from, to);
    } catch (error) {
      if (!hasSystemCode(error, ["ENOENT"])) throw error;
      // It may be the trash that is missing. Where it is the object, this fails the same way again.
      await stat(from);
      const first = await mkdir(folder, { recursive: true, mode: this.#folderMode });
      if (first !== undefined) await syncFolder(dirname(first));
      await rename(from, to);
    }
    await syncFolder(folder);
    await syncFolder(dirname(from));
  }

  async *list(): AsyncGenerator<TrashedObject, void, undefined> {
    for (const type of Object.keys(folders) as StorageFile["type"][]) {
      const folder = this.#folderOf(type);
      for (const key of await this.#try("list", folder, () => namesIn(folder))) {
        const parsed = parseName(type, key);
        if (parsed === undefined) continue;
        const size = await this.#try("look at", join(folder, key), () => sizeOf(join(folder, key)));
        if (size !== undefined) yield { ...parsed, size, key };
      }
    }
  }

  async restore(object: TrashedObject): Promise<"restored" | "exists"> {
    const from = join(this.#folderOf(object.file.type), object.key);
    const to = join(this.#root, pathOf(object.file));
    return this.#try("restore", from, async () => {
      const first = await mkdir(dirname(to), { recursive: true, mode: this.#folderMode });
      if (first !== undefined) await syncFolder(dirname(first));
      // The trash keeps its own where the name is taken: what lies there may be something else.
      if ((await sizeOf(to)) !== undefined) return "exists";
      const result = await nameUnlessExists(from, to);
      await syncFolder(dirname(to));
      return result === "stored" ? "restored" : "exists";
    });
  }

  async destroy(object: TrashedObject): Promise<void> {
    const path = join(this.#folderOf(object.file.type), object.key);
    await this.#try("remove", path, () => unlink(path));
  }

  #folderOf(type: StorageFile["type"]): string {
    return join(this.#root, ownFolder, "trash", folders[type]);
  }

  async #try<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storageError(error, action, path);
    }
  }
}

function parseName(type: StorageFile["type"], key: string): Omit<TrashedObject, "size" | "key"> | undefined {
  const [name = "", time = "", account = "", more] = key.split(".");
  if (more !== undefined || !/^\d{1,16}$/.test(time)) return undefined;
  if (type === "config" ? name !== "config" : !isObjectName(name)) return undefined;
  return {
    file: { type, name: type === "config" ? "" : name },
    deleted: Number(time),
    account: Buffer.from(account, "base64url").toString("utf8"),
  };
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT"])) return undefined;
    throw error;
  }
}
