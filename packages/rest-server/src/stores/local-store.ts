/** A repository in a folder, laid out as rest-server and restic's local storage lay it out. */
import { mkdirSync } from "node:fs";
import { lstat, mkdir, realpath, rm, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  fileError,
  hasSystemCode,
  pathOf,
  repositoryFolders,
  storageError,
  syncFolder,
  type FileInfo,
  type FileType,
  type StorageFile,
} from "@tastic/storage";
import { listFolder, namesIn, packFolders } from "./local-list.js";
import { openLocalObject } from "./local-reader.js";
import { LocalTrash } from "./local-trash.js";
import { beginLocalWrite, isUnfinishedName, unlinkIfThere } from "./local-writer.js";
import type { ListOptions, ObjectFacts, ObjectReader, ObjectStore, ObjectWriter } from "./object-store.js";
import { Pace } from "./pace.js";

const pace = new Pace();

/** Permissions of what is made: the owner's alone, or the group's too. */
export interface LocalModes {
  readonly folder: number;
  readonly file: number;
}

export class LocalStore implements ObjectStore {
  readonly location: string;
  readonly trash: LocalTrash;
  readonly #base: string;
  readonly #modes: LocalModes;

  /**
   * @param base the folder of all repositories, which must be there: where it is gone, a disk has probably been unmounted
   * @param root the repository's own folder, in or at `base`
   */
  constructor(base: string, root: string, modes: LocalModes) {
    this.#base = base;
    this.location = root;
    this.#modes = modes;
    this.trash = new LocalTrash(root, modes.folder);
  }

  async create(): Promise<void> {
    try {
      const changed = new Set<string>();
      for (const folder of ["", ...repositoryFolders()]) {
        const options = { recursive: true, mode: this.#modes.folder } as const;
        const path = join(this.location, folder);
        const first = pace.direct ? pace.try(() => mkdirSync(path, options)) : await mkdir(path, options);
        if (first !== undefined) changed.add(dirname(first));
      }
      for (const folder of changed) await syncFolder(folder);
    } catch (error) {
      throw storageError(error, "create", this.location);
    }
  }

  async begin(file: StorageFile): Promise<ObjectWriter> {
    const path = this.#pathOf(file);
    const { file: mode } = this.#modes;
    try {
      let writer;
      try {
        writer = await beginLocalWrite(path, mode);
      } catch (error) {
        if (!hasSystemCode(error, ["ENOENT"])) throw error;
        await this.#makeFolder(dirname(path));
        writer = await beginLocalWrite(path, mode);
      }
      return new NamedWriter(writer, file, this.location);
    } catch (error) {
      throw fileError(error, "save", file, this.location);
    }
  }

  open(file: StorageFile): Promise<ObjectReader> {
    return this.#try("load", file, () => openLocalObject(this.#pathOf(file)));
  }

  stat(file: StorageFile): Promise<ObjectFacts> {
    return this.#try("look at", file, async () => {
      const { size, mtimeMs } = await stat(this.#pathOf(file));
      return { size, modified: mtimeMs };
    });
  }

  async *list(type: FileType, { sizes }: ListOptions): AsyncGenerator<readonly FileInfo[], void, undefined> {
    try {
      if (type === "config") {
        const { size } = await this.stat({ type, name: "" });
        yield [{ name: "", size }];
      } else if (type === "pack") {
        const data = join(this.location, "data");
        for (const digits of await packFolders(data)) yield* listFolder(join(data, digits), digits, sizes);
      } else {
        yield* listFolder(dirname(this.#pathOf({ type, name: "0".repeat(64) })), "", sizes);
      }
    } catch (error) {
      throw storageError(error, `list objects of type ${type} in`, this.location);
    }
  }

  remove(file: StorageFile): Promise<void> {
    return this.#try("remove", file, async () => {
      await unlink(this.#pathOf(file));
      await syncFolder(dirname(this.#pathOf(file)));
    });
  }

  discard(file: StorageFile, account: string, now: number): Promise<void> {
    return this.#try("remove", file, () => this.trash.take(file, account, now));
  }

  async removeUnfinished(before: number): Promise<number> {
    const folders = ["", ...repositoryFolders()].map((folder) => join(this.location, folder));
    let removed = 0;
    try {
      for (const folder of folders) {
        for (const name of (await namesIn(folder)).filter(isUnfinishedName)) {
          const path = join(folder, name);
          const facts = await stat(path).catch(() => undefined);
          if (facts === undefined || facts.mtimeMs >= before) continue;
          await unlinkIfThere(path);
          removed++;
        }
      }
    } catch (error) {
      throw storageError(error, "clean up", this.location);
    }
    return removed;
  }

  async erase(): Promise<void> {
    try {
      const facts = await lstat(this.location);
      // An operator may have moved it to another disk, and left a link. Nothing that a client stores is one.
      if (facts.isSymbolicLink()) await rm(await realpath(this.location), { recursive: true, force: true });
      await rm(this.location, { recursive: true, force: true });
      await syncFolder(dirname(this.location));
    } catch (error) {
      if (hasSystemCode(error, ["ENOENT"])) return;
      throw storageError(error, "remove", this.location);
    }
  }

  #pathOf(file: StorageFile): string {
    return join(this.location, pathOf(file));
  }

  /** Makes a missing folder, and its parents up to where repositories begin. */
  async #makeFolder(folder: string): Promise<void> {
    await stat(this.#base);
    const first = await mkdir(folder, { recursive: true, mode: this.#modes.folder });
    if (first === undefined) return;
    // Every new folder is a name in its parent.
    for (let path = folder; path.length >= first.length; path = dirname(path))
      await syncFolder(dirname(path));
  }

  async #try<T>(action: string, file: StorageFile, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // A part of the path that is no folder: nothing can be below it.
      const cause = hasSystemCode(error, ["ENOTDIR"])
        ? Object.assign(new Error("no folder"), { code: "ENOENT" })
        : error;
      throw fileError(cause, action, file, this.location);
    }
  }
}

/** A writer whose errors name the object. */
class NamedWriter implements ObjectWriter {
  readonly #writer: ObjectWriter;
  readonly #file: StorageFile;
  readonly #location: string;

  constructor(writer: ObjectWriter, file: StorageFile, location: string) {
    this.#writer = writer;
    this.#file = file;
    this.#location = location;
  }

  write(piece: Uint8Array): Promise<void> | undefined {
    try {
      return this.#writer.write(piece)?.catch(this.#fail);
    } catch (error) {
      return this.#fail(error);
    }
  }

  commit(): Promise<"stored" | "exists"> {
    return this.#writer.commit().catch(this.#fail);
  }

  abort(): Promise<void> {
    return this.#writer.abort().catch(this.#fail);
  }

  readonly #fail = (error: unknown): never => {
    throw fileError(error, "save", this.#file, this.#location);
  };
}
