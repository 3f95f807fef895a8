/**
 * A repository in a folder of another machine, over SSH's file transfer, laid out as restic's own SFTP storage lays it
 * out ("Repository Layout" in its design document), with its permissions.
 */
import { posix } from "node:path";
import { TasticError } from "@tastic/errors";
import {
  checkLength,
  checkRange,
  checkWithin,
  describeFile,
  folderOf,
  Gate,
  isObjectName,
  packFolder,
  pathOf,
  repositoryFolders,
  throwIfCancelled,
  type ByteRange,
  type FileInfo,
  type FileType,
  type OperationOptions,
  type SaveOptions,
  type Storage,
  type StorageFile,
} from "@tastic/storage";
import type { Connection, Connector } from "./connection.js";
import { statusCode } from "./packet.js";
import { ExistsError, saveRemotely, type RemoteModes } from "./remote-save.js";
import { noSpaceError, sftpError, type Attempt } from "./sftp-error.js";
import { isStatus } from "./sftp-status.js";
import { inParallel, readAll } from "./transfer.js";
import { unlessAborted } from "./unless-aborted.js";

const ownerOnly: RemoteModes = { folder: 0o700, file: 0o600 };
const withGroup: RemoteModes = { folder: 0o770, file: 0o660 };
// Up to this length, memory is cheaper than asking for the file's size before it is allocated.
const smallRange = 1024 * 1024;
// How many folders are made, or read, at once.
const foldersAtOnce = 16;
// A connection that an aborted operation found silent for so many milliseconds is given up.
const longSilence = 20_000;
const fileTypeBits = 0o170000;
const regularFile = 0o100000;

export class SftpStorage implements Storage {
  readonly location: string;
  readonly connections: number;
  readonly #root: string;
  readonly #connector: Connector;
  readonly #gate: Gate;
  #modes: Promise<RemoteModes> | undefined;

  constructor(location: string, root: string, connections: number, connector: Connector) {
    this.location = location;
    this.connections = connections;
    this.#root = root;
    this.#connector = connector;
    this.#gate = new Gate(connections);
  }

  async prepare(): Promise<void> {
    const attempt = { action: "prepare", object: this.location, data: { location: this.location } };
    await this.#attempt(attempt, undefined, async (connection) => {
      const { folder: mode } = await this.#modesOf(connection);
      const { files } = connection;
      const make = async (path: string): Promise<void> => {
        await files.makeFolder(path, mode).catch(async (error: unknown) => {
          // SFTP has no status for a folder that is there.
          const found = await files.stat(path).catch(() => undefined);
          if (found === undefined) throw error;
        });
      };
      const parents = foldersAbove(this.#root);
      for (const path of [...parents, this.#root]) await make(path);
      const folders = repositoryFolders().map((folder) => posix.join(this.#root, folder));
      const top = folders.filter((folder) => posix.dirname(folder) === this.#root);
      for (const group of [top, folders.filter((folder) => !top.includes(folder))]) {
        const rest = group.values();
        await inParallel(foldersAtOnce, () => {
          const next = rest.next();
          return next.done === true ? undefined : make(next.value);
        });
      }
    });
  }

  async save(
    file: StorageFile,
    content: Uint8Array | readonly Uint8Array[],
    { signal, traffic, replace }: SaveOptions = {},
  ): Promise<void> {
    const path = this.#pathOf(file);
    const pieces = content instanceof Uint8Array ? [content] : content;
    const attempt = this.#describe("save", file);
    await this.#pass(file, attempt, signal, async (connection) => {
      const modes = await this.#modesOf(connection);
      const { files } = connection;
      const existing = file.type === "config" && replace !== true ? "refuse" : "replace";
      const check = (): void => throwIfCancelled(signal, `saving ${describeFile(file)}`);
      const save = () => saveRemotely(files, path, pieces, { modes, existing, check, traffic });
      try {
        await save().catch(async (error: unknown) => {
          if (!(error instanceof ExistsError) || replace !== true) throw error;
          // This server replaces nothing.
          await files.remove(path);
          await save();
        });
      } catch (error) {
        if (error instanceof ExistsError) throw alreadyExists(file, this.location);
        if (!isStatus(error, statusCode.failure)) throw error;
        const free = await files.freeBytes(posix.dirname(path)).catch(() => undefined);
        const needed = pieces.reduce((sum, piece) => sum + piece.length, 0);
        throw free !== undefined && free < needed ? noSpaceError(error, attempt) : error;
      }
    });
  }

  async load(file: StorageFile, range?: ByteRange, { signal, traffic }: OperationOptions = {}) {
    const path = this.#pathOf(file);
    if (range !== undefined) checkRange(file, range);
    return this.#pass(file, this.#describe("load", file), signal, async ({ files }) => {
      const handle = await files.openToRead(path);
      try {
        const check = (): void => throwIfCancelled(signal, `loading ${describeFile(file)}`);
        let length = range?.length ?? 0;
        if (range === undefined || length === 0 || length > smallRange) {
          const size = sizeIn({ size: await files.sizeOf(handle) }, file);
          if (range === undefined) checkLength(file, (length = size));
          else checkWithin(file, range, size);
        }
        const memory = Buffer.allocUnsafeSlow(length);
        const bytes = new Uint8Array(memory.buffer, 0, length);
        const offset = range?.offset ?? 0;
        const found = await readAll(files, handle, offset, bytes, check, traffic);
        if (found < length) {
          const size = sizeIn({ size: await files.sizeOf(handle) }, file);
          checkWithin(file, { offset, length }, Math.min(size, offset + found));
        }
        return bytes;
      } finally {
        // Its answer tells nothing that the bytes do not.
        void files.close(handle).catch(() => {});
      }
    });
  }

  async stat(file: StorageFile, { signal }: OperationOptions = {}): Promise<FileInfo> {
    const path = this.#pathOf(file);
    return this.#pass(file, this.#describe("look at", file), signal, async ({ files }) => ({
      name: file.name,
      size: sizeIn(await files.stat(path), file),
    }));
  }

  async *list(type: FileType, { signal }: OperationOptions = {}): AsyncGenerator<FileInfo, void, undefined> {
    const action = `list objects of type ${type} in`;
    const attempt = { action, object: this.location, data: { type } };
    if (type === "config") {
      const config: StorageFile = { type, name: "" };
      const found = await this.#attempt(attempt, signal, ({ files }) =>
        files.stat(this.#pathOf(config)).catch(nothing),
      );
      if (found !== undefined) yield { name: "", size: sizeIn(found, config) };
      return;
    }
    const top = folderOf(type);
    if (type !== "pack") {
      yield* await this.#attempt(attempt, signal, (connection) => this.#readFolder(connection, top, ""));
      return;
    }
    const folders = await this.#attempt(attempt, signal, async ({ files }) => {
      const entries = (await files.readFolder(posix.join(this.#root, top)).catch(nothing)) ?? [];
      return entries.map(({ name }) => name).filter((name) => /^[0-9a-f]{2}$/.test(name));
    });
    folders.sort();
    for (let start = 0; start < folders.length; start += foldersAtOnce) {
      const batch = folders.slice(start, start + foldersAtOnce);
      const contents = await this.#attempt(attempt, signal, (connection) =>
        Promise.all(batch.map((digits) => this.#readFolder(connection, packFolder(digits), digits))),
      );
      for (const infos of contents) yield* infos;
      throwIfCancelled(signal, `listing objects of type ${type}`);
    }
  }

  async remove(file: StorageFile, { signal }: OperationOptions = {}): Promise<void> {
    const path = this.#pathOf(file);
    await this.#pass(file, this.#describe("remove", file), signal, ({ files }) => files.remove(path));
  }

  async close(): Promise<void> {
    await this.#connector.close();
  }

  /** The objects in a folder of the repository: regular files with an object's name that begins with `prefix`. */
  async #readFolder({ files }: Connection, folder: string, prefix: string): Promise<FileInfo[]> {
    const path = posix.join(this.#root, folder);
    const infos: FileInfo[] = [];
    for (const { name, attributes } of (await files.readFolder(path).catch(nothing)) ?? []) {
      if (!isObjectName(name) || !name.startsWith(prefix)) continue;
      let { size, mode } = attributes;
      if (size === undefined || mode === undefined) {
        // A server that tells less in a listing than it knows.
        const found = await files.stat(posix.join(path, name)).catch(nothing);
        size = found?.size;
        mode = found?.mode ?? regularFile;
      }
      if (size !== undefined && (mode & fileTypeBits) === regularFile) infos.push({ name, size });
    }
    return infos;
  }

  /** As in restic, a config that its group may read says that the repository is shared with the group. */
  #modesOf({ files }: Connection): Promise<RemoteModes> {
    this.#modes ??= files.stat(posix.join(this.#root, "config")).then(
      ({ mode = 0 }) => ((mode & 0o040) === 0 ? ownerOnly : withGroup),
      // No config yet, or no access to it: the stricter choice. An operation that needs access reports the lack of it.
      () => ownerOnly,
    );
    return this.#modes;
  }

  /** Locks do not wait for packs: one that is not renewed in time ends the whole operation. */
  #pass<T>(
    file: StorageFile,
    attempt: Attempt,
    signal: AbortSignal | undefined,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const run = () => this.#attempt(attempt, signal, work);
    return file.type === "lock"
      ? run()
      : this.#gate.pass(run, `to ${attempt.action} ${attempt.object}`, signal);
  }

  async #attempt<T>(
    attempt: Attempt,
    signal: AbortSignal | undefined,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const action = `to ${attempt.action} ${attempt.object}`;
    throwIfCancelled(signal, action);
    let connection: Connection | undefined;
    const result = (async () => {
      connection = await this.#connector.get();
      throwIfCancelled(signal, action);
      return work(connection);
    })();
    try {
      return await unlessAborted(result, signal);
    } catch (error) {
      if (signal?.aborted === true && connection !== undefined) {
        this.#connector.dropIfSilent(connection, longSilence);
      }
      throwIfCancelled(signal, action);
      throw sftpError(error, attempt);
    }
  }

  #pathOf(file: StorageFile): string {
    return posix.join(this.#root, pathOf(file));
  }

  #describe(action: string, file: StorageFile): Attempt {
    const data = { type: file.type, name: file.name };
    return { action, object: `${describeFile(file)} in ${this.location}`, data };
  }
}

/** Folders above `path`, the outermost first, without the root and without what is relative to nothing. */
function foldersAbove(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === path || parent === "." || parent.endsWith("..") ? [] : [...foldersAbove(parent), parent];
}

/** For what does not exist. */
function nothing(error: unknown): undefined {
  if (isStatus(error, statusCode.noSuchFile)) return undefined;
  throw error;
}

function sizeIn({ size }: { readonly size: number | undefined }, file: StorageFile): number {
  if (size !== undefined) return size;
  throw new TasticError("unsupported", `${describeFile(file)}: the server does not tell its size`, {
    guidance: "Use a server that speaks version 3 of SFTP wholly, such as OpenSSH's.",
    data: { type: file.type, name: file.name },
  });
}

function alreadyExists(file: StorageFile, location: string): TasticError {
  return new TasticError("already-exists", `${describeFile(file)} exists in ${location} already`, {
    guidance:
      file.type === "config"
        ? "Choose another location, or use the repository that is there."
        : "It is there with another content: remove it on the server.",
    data: { type: file.type, name: file.name },
  });
}
