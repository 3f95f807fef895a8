/** A repository in this process's memory: for tests, for trying things out, and as the shortest complete storage. */
import { TasticError } from "@tastic/errors";
import { joinBytes } from "./bytes.js";
import { throwIfCancelled } from "./cancellation.js";
import { describeFile, pathOf } from "./layout.js";
import { checkLength, checkRange, checkWithin } from "./range.js";
import type {
  ByteRange,
  FileInfo,
  FileType,
  OperationOptions,
  SaveOptions,
  Storage,
  StorageFile,
} from "./storage.js";

/** An empty storage, gone with the last reference to it. */
export function createMemoryStorage(): Storage {
  return new MemoryStorage();
}

class MemoryStorage implements Storage {
  readonly location = "memory";
  readonly connections = 2;
  readonly #objects = new Map<string, { readonly file: StorageFile; readonly bytes: Uint8Array }>();

  async prepare(): Promise<void> {}

  async save(
    file: StorageFile,
    content: Uint8Array | readonly Uint8Array[],
    options: SaveOptions = {},
  ): Promise<void> {
    const path = pathOf(file);
    throwIfCancelled(options.signal, `saving ${describeFile(file)}`);
    if (file.type === "config" && options.replace !== true && this.#objects.has(path)) {
      throw new TasticError("already-exists", `${describeFile(file)} exists in memory already`, {
        guidance: "Use the repository that is there.",
        data: { ...file },
      });
    }
    this.#objects.set(path, { file: { type: file.type, name: file.name }, bytes: joinBytes(content) });
  }

  async load(file: StorageFile, range?: ByteRange, options: OperationOptions = {}) {
    const bytes = this.#find(file);
    throwIfCancelled(options.signal, `loading ${describeFile(file)}`);
    if (range === undefined) {
      checkLength(file, bytes.length);
      return Uint8Array.from(bytes);
    }
    checkRange(file, range);
    checkWithin(file, range, bytes.length);
    return Uint8Array.from(bytes.subarray(range.offset, range.offset + range.length));
  }

  async stat(file: StorageFile, options: OperationOptions = {}): Promise<FileInfo> {
    const bytes = this.#find(file);
    throwIfCancelled(options.signal, `looking at ${describeFile(file)}`);
    return { name: file.name, size: bytes.length };
  }

  async *list(type: FileType, options: OperationOptions = {}): AsyncGenerator<FileInfo, void, undefined> {
    throwIfCancelled(options.signal, `listing objects of type ${type}`);
    // A Map may change while it is iterated over: an object removed meanwhile is not reached.
    for (const { file, bytes } of this.#objects.values()) {
      if (file.type !== type) continue;
      yield { name: file.name, size: bytes.length };
      throwIfCancelled(options.signal, `listing objects of type ${type}`);
    }
  }

  async remove(file: StorageFile, options: OperationOptions = {}): Promise<void> {
    this.#find(file);
    throwIfCancelled(options.signal, `removing ${describeFile(file)}`);
    this.#objects.delete(pathOf(file));
  }

  async close(): Promise<void> {}

  #find(file: StorageFile): Uint8Array {
    const found = this.#objects.get(pathOf(file));
    if (found !== undefined) return found.bytes;
    throw new TasticError("not-found", `${describeFile(file)} does not exist in memory`, {
      guidance: "Check the name.",
      data: { ...file },
    });
  }
}
