/** A copy that is open: its repository, and the snapshots in it. */
import { isTasticError } from "@tastic/errors";
import type { RetryNotice, Storage } from "@tastic/storage";
import { listSnapshots, Repository, type InitOptions, type StoredSnapshot } from "tastic";
import { openStore, type CopyAccess } from "./copy-store.js";

export interface OpenOptions {
  readonly retryForMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onNotice?: (notice: RetryNotice) => void;
}

export interface OpenedCopy {
  readonly access: CopyAccess;
  readonly repository: Repository;
  /** Oldest first. */
  readonly snapshots: StoredSnapshot[];
  close(): Promise<void>;
}

/**
 * The password of the marketplace's repositories has 256 bits, and what it was made from was made slow to guess already:
 * a slow key would only cost every opening half a second.
 */
const cheapKey = { N: 1024, r: 8, p: 1 };

/** Opens a copy's repository, and lists its snapshots. @throws TasticError no-repository, wrong-password, the store's */
export async function openCopy(access: CopyAccess, options: OpenOptions): Promise<OpenedCopy> {
  return withStore(access, options, (storage) =>
    Repository.open(storage, { password: access.password, scatter: true }),
  );
}

/** Makes the repository. @param like whose chunks it is to share @throws TasticError repository-exists, the store's */
export async function initCopy(
  access: CopyAccess,
  options: OpenOptions,
  like?: Repository,
): Promise<OpenedCopy> {
  const init: InitOptions = {
    password: access.password,
    scatter: true,
    ...(access.kind === "rest" && { scrypt: cheapKey }),
    ...(like && { chunkerPolynomial: like.config.chunkerPolynomial }),
  };
  return withStore(access, options, (storage) => Repository.init(storage, init));
}

/** Is nothing of a repository there? A store whose bucket is missing is as empty as one can be. */
export function isAbsent(error: unknown): boolean {
  return isTasticError(error, "no-repository") || isTasticError(error, "not-found");
}

async function withStore(
  access: CopyAccess,
  options: OpenOptions,
  open: (storage: Storage) => Promise<Repository>,
): Promise<OpenedCopy> {
  const storage = endingWith(openStore(access, options), options.signal);
  try {
    const repository = await open(storage);
    const snapshots = await listSnapshots(repository);
    return { access, repository, snapshots, close: () => storage.close() };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

/** Reading ends with the signal, also where the engine hands none over. What changes the store comes to its own end. */
function endingWith(storage: Storage, signal: AbortSignal | undefined): Storage {
  if (signal === undefined) return storage;
  return {
    location: storage.location,
    connections: storage.connections,
    prepare: () => storage.prepare(),
    save: (file, content, options) => storage.save(file, content, options),
    load: (file, range, options) =>
      storage.load(file, range, { ...options, signal: options?.signal ?? signal }),
    stat: (file, options) => storage.stat(file, { ...options, signal: options?.signal ?? signal }),
    list: (type, options) => storage.list(type, { ...options, signal: options?.signal ?? signal }),
    remove: (file, options) => storage.remove(file, options),
    close: () => storage.close(),
  };
}
