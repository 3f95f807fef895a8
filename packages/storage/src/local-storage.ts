/**
 * A repository in a folder of this machine, laid out as restic's local storage lays it out ("Repository Layout" in
 * its design document), so that both use the same folder at the same time.
 */
import { chmod, mkdir, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { TasticError } from "@tastic/errors";
import { throwIfCancelled } from "./cancellation.js";
import { describeFile, pathOf, repositoryFolders } from "./layout.js";
import { listFiles } from "./local-list.js";
import { modesOf, type Modes } from "./local-modes.js";
import { readExactly } from "./local-read.js";
import { syncFolder } from "./local-sync.js";
import { writeWhole } from "./local-write.js";
import type {
  ByteRange,
  FileInfo,
  FileType,
  OperationOptions,
  SaveOptions,
  Storage,
  StorageFile,
} from "./storage.js";
import { fileError, hasSystemCode, storageError } from "./system-error.js";

/** How a folder is used as a store. */
export interface LocalStorageOptions {
  /** How many operations at once make sense; 2 if not given, as in restic. */
  readonly connections?: number;
}

/** The storage in the folder `path`, which need not exist yet. Nothing is touched until an operation is called. */
export function createLocalStorage(path: string, options: LocalStorageOptions = {}): Storage {
  if (path === "" || path.includes("\0")) {
    throw new TasticError("invalid-argument", "a local repository needs the path of a folder");
  }
  return new LocalStorage(resolve(path), options.connections ?? 2);
}

class LocalStorage implements Storage {
  readonly location: string;
  readonly connections: number;
  #modes: Promise<Modes> | undefined;

  constructor(root: string, connections: number) {
    this.location = root;
    this.connections = connections;
  }

  async prepare(): Promise<void> {
    const { folder: mode } = await this.#getModes();
    const changed = new Set<string>();
    try {
      for (const folder of ["", ...repositoryFolders()]) {
        const first = await mkdir(join(this.location, folder), { recursive: true, mode });
        if (first !== undefined) changed.add(dirname(first));
      }
      for (const folder of changed) await syncFolder(folder);
    } catch (error) {
      throw storageError(error, "prepare", this.location, { location: this.location });
    }
  }

  async save(
    file: StorageFile,
    content: Uint8Array | readonly Uint8Array[],
    options: SaveOptions = {},
  ): Promise<void> {
    const path = this.#pathOf(file);
    const pieces = content instanceof Uint8Array ? [content] : content;
    const modes = await this.#getModes();
    let taken = false;
    const onWritten = (): void => {
      taken = true;
      options.onTaken?.();
    };
    const write = () =>
      writeWhole(path, pieces, {
        mode: modes.file,
        existing: file.type === "config" && options.replace !== true ? "refuse" : "replace",
        signal: options.signal,
        action: `saving ${describeFile(file)}`,
        onWritten: options.onTaken && onWritten,
      });
    try {
      try {
        await write();
      } catch (error) {
        // One of the folders is missing, as other tools leave them out while they are empty.
        if (!hasSystemCode(error, ["ENOENT"]) || file.type === "config" || taken) throw error;
        await this.#makeFolder(dirname(path), modes.folder);
        await write();
      }
    } catch (error) {
      if (file.type === "config" && hasSystemCode(error, ["EEXIST"]))
        throw alreadyExists(file, this.location);
      throw fileError(error, "save", file, this.location);
    }
  }

  async load(file: StorageFile, range?: ByteRange, options: OperationOptions = {}) {
    const path = this.#pathOf(file);
    try {
      return await readExactly(path, file, range, options.signal);
    } catch (error) {
      throw fileError(error, "load", file, this.location);
    }
  }

  async stat(file: StorageFile, options: OperationOptions = {}): Promise<FileInfo> {
    const path = this.#pathOf(file);
    throwIfCancelled(options.signal, `looking at ${describeFile(file)}`);
    try {
      const { size } = await stat(path);
      return { name: file.name, size };
    } catch (error) {
      throw fileError(error, "look at", file, this.location);
    }
  }

  async *list(type: FileType, options: OperationOptions = {}): AsyncGenerator<FileInfo, void, undefined> {
    const files = listFiles(this.location, type, options.signal);
    for (;;) {
      let next;
      try {
        next = await files.next();
      } catch (error) {
        throw storageError(error, `list objects of type ${type} in`, this.location, { type });
      }
      if (next.done === true) return;
      // Outside of the try block: what the caller throws is not ours.
      yield next.value;
    }
  }

  async remove(file: StorageFile, options: OperationOptions = {}): Promise<void> {
    const path = this.#pathOf(file);
    throwIfCancelled(options.signal, `removing ${describeFile(file)}`);
    try {
      try {
        await unlink(path);
      } catch (error) {
        if (!hasSystemCode(error, ["EPERM", "EACCES"])) throw error;
        // Windows, and shares of it, do not remove what has no write permission.
        await chmod(path, 0o600);
        await unlink(path);
      }
    } catch (error) {
      throw fileError(error, "remove", file, this.location);
    }
  }

  async close(): Promise<void> {}

  #pathOf(file: StorageFile): string {
    return join(this.location, pathOf(file));
  }

  /** Looked up once: a repository does not become its group's while it is in use. */
  #getModes(): Promise<Modes> {
    this.#modes ??= modesOf(this.location);
    return this.#modes;
  }

  /**
   * Makes a missing folder of the repository. Not the repository's own: where that is gone, a disk has probably been
   * unmounted, and writing to what lies below it would help nobody.
   */
  async #makeFolder(folder: string, mode: number): Promise<void> {
    await stat(this.location);
    const first = await mkdir(folder, { recursive: true, mode });
    if (first !== undefined) await syncFolder(dirname(first));
  }
}

function alreadyExists(file: StorageFile, location: string): TasticError {
  return new TasticError("already-exists", `${describeFile(file)} exists in ${location} already`, {
    guidance: "Choose another location, or use the repository that is there.",
    data: { type: file.type, name: file.name },
  });
}
