/**
 * The cache of the command: which folder it is in, and what is said about it. A cache that cannot be had is told of, and
 * done without.
 */
import { isTasticError, messageOf } from "@tastic/errors";
import type { Repository } from "@tastic/repository";
import {
  createCacheStorage,
  defaultCacheDirectory,
  isCacheStorage,
  isOldCache,
  listCaches,
  makeTemporaryCache,
  openCacheFolder,
  removeCache,
} from "@tastic/storage";
import type { Storage } from "@tastic/storage";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import type { Context } from "./command.js";
import { programName } from "./program.js";
import { systemErrorText } from "./system-error-text.js";

type Surroundings = Pick<Context, "environment" | "globals" | "output">;

/** The folder of all caches. Errors: `invalid-argument` where nothing says where it is. */
export function cacheDirectory({ globals, environment }: Pick<Context, "environment" | "globals">): string {
  return globals.cacheDir === "" ? defaultCacheDirectory(environment.all) : globals.cacheDir;
}

/**
 * Puts the cache around a repository's storage, unless there is to be none. What is to be said about it at a terminal is
 * given to `say`. Without a cache, the storage itself.
 */
export async function withCache(
  context: Surroundings,
  storage: Storage,
  repositoryId: string,
  say: (text: string) => void,
): Promise<Storage> {
  const { globals, output } = context;
  if (globals.noCache) return storage;
  try {
    const directory = cacheDirectory(context);
    const folder = await openCacheFolder(directory, repositoryId);
    if (folder.isNew) say(`created new cache in ${directory}`);
    await mindOldCaches(context, directory, say);
    return createCacheStorage(storage, folder, { onWarning: (message) => output.error(message) });
  } catch (error) {
    if (!isTasticError(error)) throw error;
    output.error(`unable to open cache: ${error.message}`);
    return storage;
  }
}

async function mindOldCaches(
  { globals, output }: Surroundings,
  directory: string,
  say: (text: string) => void,
): Promise<void> {
  const old = (await listCaches(directory)).filter((cache) => isOldCache(cache));
  if (old.length === 0) return;
  if (!globals.cleanupCache) {
    say(
      `found ${old.length} old cache directories in ${directory}, run \`${programName()} cache --cleanup\` to remove them`,
    );
    return;
  }
  say(`removing ${old.length} old cache dirs from ${directory}`);
  for (const cache of old) {
    await removeCache(cache).catch((error: unknown) =>
      output.error(`unable to remove ${cache.path}: ${messageOf(error)}`),
    );
  }
}

/** Packs that the index does not list are not asked for any more. To be called when all of the index is loaded. */
export async function forgetOldPacks(repository: Repository): Promise<void> {
  const { storage } = repository;
  if (isCacheStorage(storage)) await storage.forgetPacks((name) => repository.listsPack(name));
}

/**
 * Lets `check` work with a cache of its own, empty and gone afterwards: what it is to judge is in the store. `work` gets
 * the context to work with.
 */
export async function withTemporaryCache<T>(
  context: Context,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  const { globals, output } = context;
  if (globals.noCache) return work(context);
  let path: string;
  try {
    if (globals.cacheDir !== "") await mkdir(globals.cacheDir, { recursive: true, mode: 0o700 });
    path = await makeTemporaryCache(globals.cacheDir === "" ? tmpdir() : globals.cacheDir);
  } catch (error) {
    const reason = systemErrorText(isTasticError(error) ? error.cause : error);
    output.error(`unable to create temporary directory for cache during check, disabling cache: ${reason}`);
    return work({ ...context, globals: { ...globals, noCache: true } });
  }
  output.info(`using temporary cache in ${path}`);
  try {
    return await work({ ...context, globals: { ...globals, cacheDir: path } });
  } finally {
    await removeCache({ path }).catch((error: unknown) =>
      output.error(`error removing temporary cache directory: ${messageOf(error)}`),
    );
  }
}
