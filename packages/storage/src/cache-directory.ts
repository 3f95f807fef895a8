/**
 * Where caches are on this machine: one folder for all repositories, which restic and we share. In it are a folder for
 * each repository, named after its id, temporary ones of `check`, and CACHEDIR.TAG (bford.info/cachedir), which keeps
 * backup programs away.
 */
import { chmod, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { TasticError } from "@tastic/errors";
import { hasSystemCode, storageError } from "./system-error.js";

/** After so many days without use a cache counts as old. */
export const MAX_CACHE_AGE_DAYS = 30;

const TAG_NAME = "CACHEDIR.TAG";
const TAG = "Signature: 8a477f597d28d172789f06886806bc55\n";
const CACHE_NAME = /^[a-f0-9]{64}$|^restic-check-cache-[0-9]+$/;
const DAY = 24 * 60 * 60_000;

/** A cache as the folder of caches shows it. */
export interface CacheInfo {
  /** The repository's id, or the name of a temporary cache. */
  readonly name: string;
  readonly path: string;
  readonly lastUsed: Date;
}

/**
 * The folder that the system has for caches, as Go's `os.UserCacheDir` finds it, and in it `restic`.
 * Errors: `invalid-argument` where the variables do not say.
 */
export function defaultCacheDirectory(
  variables: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string {
  if (platform === "win32") {
    return join(variables["LOCALAPPDATA"] || missing("%LocalAppData% is not defined"), "restic");
  }
  const home = variables["HOME"];
  if (platform === "darwin")
    return join(home || missing("$HOME is not defined"), "Library", "Caches", "restic");
  const given = variables["XDG_CACHE_HOME"];
  if (given)
    return isAbsolute(given) ? join(given, "restic") : missing("path in $XDG_CACHE_HOME is relative");
  return join(home || missing("neither $XDG_CACHE_HOME nor $HOME are defined"), ".cache", "restic");
}

/** Makes the folder and its tag. Errors: those of the file system. */
export async function prepareCacheDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await writeFile(join(path, TAG_NAME), TAG, { flag: "wx", mode: 0o644 });
  } catch (error) {
    if (!hasSystemCode(error, ["EEXIST"])) throw storageError(error, "prepare", path);
  }
}

/** All caches, the least recently used first; none where the folder is missing. */
export async function listCaches(path: string): Promise<CacheInfo[]> {
  const caches: CacheInfo[] = [];
  for (const entry of await entriesOf(path)) {
    if (!entry.isDirectory() || !CACHE_NAME.test(entry.name)) continue;
    const folder = join(path, entry.name);
    try {
      caches.push({ name: entry.name, path: folder, lastUsed: (await stat(folder)).mtime });
    } catch (error) {
      if (!hasSystemCode(error, ["ENOENT"])) throw storageError(error, "look at", folder);
    }
  }
  return caches.sort((a, b) => a.lastUsed.getTime() - b.lastUsed.getTime());
}

/** Was it not used for more than so many days? */
export function isOldCache(cache: CacheInfo, days = MAX_CACHE_AGE_DAYS, now = new Date()): boolean {
  return cache.lastUsed.getTime() < now.getTime() - days * DAY;
}

/** Removes a cache with all that is in it. */
export async function removeCache(cache: Pick<CacheInfo, "path">): Promise<void> {
  try {
    await rm(cache.path, { recursive: true, force: true });
  } catch (error) {
    throw storageError(error, "remove", cache.path);
  }
}

/** The bytes of all files of a cache. */
export async function cacheSize(path: string): Promise<number> {
  let size = 0;
  for (const entry of await entriesOf(path)) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) size += await cacheSize(inside);
    else if (entry.isFile()) {
      size += await stat(inside).then(
        (found) => found.size,
        (error: unknown) => {
          if (hasSystemCode(error, ["ENOENT"])) return 0;
          throw storageError(error, "look at", inside);
        },
      );
    }
  }
  return size;
}

/** A new folder for a cache of `check`, with the name that restic gives one. It is the caller's to remove. */
export async function makeTemporaryCache(parent: string): Promise<string> {
  for (;;) {
    const path = join(parent, `restic-check-cache-${Math.floor(Math.random() * 2 ** 32)}`);
    try {
      await mkdir(path, { mode: 0o700 });
      // What the umask leaves is not enough for a mask such as 0777.
      await chmod(path, 0o700);
      return path;
    } catch (error) {
      if (!hasSystemCode(error, ["EEXIST"])) throw storageError(error, "make", path);
    }
  }
}

async function entriesOf(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT"])) return [];
    throw storageError(error, "list", path);
  }
}

function missing(why: string): never {
  throw new TasticError("invalid-argument", `unable to locate cache directory: ${why}`, {
    guidance: "Name one with --cache-dir, or use --no-cache.",
  });
}
