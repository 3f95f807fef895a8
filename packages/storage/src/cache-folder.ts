/**
 * One repository's cache on disk, in restic's layout: `version`, and `data`, `index` and `snapshots` with the objects as
 * they are stored, below the first two digits of their names. Others use it at the same time, and nothing in it is
 * trusted: what cannot be read is as good as missing.
 */
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, readdir, rename, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TasticError } from "@tastic/errors";
import { prepareCacheDirectory } from "./cache-directory.js";
import { folderOf, isObjectName } from "./layout.js";
import type { ByteRange, StorageFile } from "./storage.js";
import { hasSystemCode, storageError } from "./system-error.js";

const VERSION = 1;
/** Nonce and tag of an encrypted object; what is shorter is none. */
const SHORTEST = 32;

export type CachedType = "snapshot" | "index" | "pack";
const CACHED_TYPES: readonly CachedType[] = ["snapshot", "index", "pack"];

export function isCachedType(type: StorageFile["type"]): type is CachedType {
  return (CACHED_TYPES as readonly string[]).includes(type);
}

/** The folder of one repository's cache. */
export interface CacheFolder {
  readonly path: string;
  /** Was there no cache of this repository before? */
  readonly isNew: boolean;
  /** An object or a range of it; undefined where it is not there, not readable or shorter than the range. */
  read(file: StorageFile, range?: ByteRange): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Keeps an object. Errors: those of the file system. */
  write(file: StorageFile, content: readonly Uint8Array[]): Promise<void>;
  /** Errors: those of the file system, but for what is not there. */
  remove(file: StorageFile): Promise<void>;
  /** Removes all objects of a type but those to keep. */
  keepOnly(type: CachedType, keep: (name: string) => boolean): Promise<void>;
}

/**
 * Opens the cache of a repository below `directory`, or makes it, and notes that it is in use.
 * Errors: those of the file system; `unsupported` for a cache of a later version.
 */
export async function openCacheFolder(directory: string, repositoryId: string): Promise<CacheFolder> {
  if (!isObjectName(repositoryId)) {
    throw new TasticError("invalid-argument", `no repository has the id "${repositoryId.slice(0, 80)}"`);
  }
  await prepareCacheDirectory(directory);
  const path = join(directory, repositoryId);
  try {
    const isNew = (await mkdir(path, { recursive: true, mode: 0o700 })) !== undefined;
    await checkVersion(path);
    for (const type of CACHED_TYPES)
      await mkdir(join(path, folderOf(type)), { recursive: true, mode: 0o700 });
    const now = new Date();
    await utimes(path, now, now);
    return new Folder(path, isNew);
  } catch (error) {
    throw storageError(error, "prepare", path);
  }
}

async function checkVersion(path: string): Promise<void> {
  const file = join(path, "version");
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (hasSystemCode(error, ["ENOENT"])) return undefined;
    throw error;
  });
  const version = text === undefined ? -1 : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (version > VERSION || Number.isNaN(version)) {
    throw new TasticError(
      "unsupported",
      Number.isNaN(version) ? `${file} holds no version` : "cache version is newer",
      { guidance: `Remove ${path}, or name another folder with --cache-dir.` },
    );
  }
  if (version < VERSION) await replaceFile(file, [Buffer.from(String(VERSION))], 0o644);
}

class Folder implements CacheFolder {
  readonly path: string;
  readonly isNew: boolean;

  constructor(path: string, isNew: boolean) {
    this.path = path;
    this.isNew = isNew;
  }

  async read(file: StorageFile, range?: ByteRange) {
    try {
      const handle = await open(this.#pathOf(file), "r");
      try {
        const { size } = await handle.stat();
        const { offset, length } = range ?? { offset: 0, length: size };
        if (size < SHORTEST || offset + length > size) return undefined;
        const memory = Buffer.allocUnsafeSlow(length);
        const bytes = new Uint8Array(memory.buffer, memory.byteOffset, length);
        for (let done = 0; done < length;) {
          const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
          // Somebody has shortened it meanwhile.
          if (bytesRead === 0) return undefined;
          done += bytesRead;
        }
        return bytes;
      } finally {
        await handle.close();
      }
    } catch {
      // Missing, forbidden, a folder, on a failing disk: the store has it.
      return undefined;
    }
  }

  async write(file: StorageFile, content: readonly Uint8Array[]): Promise<void> {
    const path = this.#pathOf(file);
    await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
    await replaceFile(path, content, 0o600);
  }

  async remove(file: StorageFile): Promise<void> {
    try {
      await unlink(this.#pathOf(file));
    } catch (error) {
      if (!hasSystemCode(error, ["ENOENT"])) throw error;
    }
  }

  async keepOnly(type: CachedType, keep: (name: string) => boolean): Promise<void> {
    const folder = join(this.path, folderOf(type));
    for (const digits of await namesIn(folder)) {
      if (!/^[0-9a-f]{2}$/.test(digits)) continue;
      for (const name of await namesIn(join(folder, digits))) {
        if (isObjectName(name) && !keep(name)) await this.remove({ type, name });
      }
    }
  }

  #pathOf({ type, name }: StorageFile): string {
    if (!isCachedType(type) || !isObjectName(name)) {
      throw new TasticError("invalid-argument", `no cache holds the ${type} "${name.slice(0, 80)}"`);
    }
    return join(this.path, folderOf(type), name.slice(0, 2), name);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT", "ENOTDIR"])) return [];
    throw error;
  }
}

/** Whoever reads sees the whole file or none. It need not survive a power failure, since its content is verified. */
async function replaceFile(path: string, content: readonly Uint8Array[], mode: number): Promise<void> {
  // A name that no reader takes for an object's. restic removes what it does not know of neither.
  const temporary = `${path}-tmp-${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(temporary, content, { flag: "wx", mode });
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    // On Windows, one that somebody reads cannot be replaced; it has the same content.
    if (process.platform === "win32" && (await exists(path))) return;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
