/**
 * Opening the repository of a command, and locking it for as long as the command needs it.
 */
import { TasticError, isTasticError, messageOf } from "@tastic/errors";
import type { HeldLock, LockOptions, RepositoryOptions } from "@tastic/repository";
import { Repository } from "@tastic/repository";
import { formatClockDuration } from "@tastic/snapshots";
import { join } from "node:path";
import type { Context } from "./command.js";
import { forgetOldPacks, withCache } from "./cache.js";
import { openStorage, shownLocation } from "./location.js";
import { ProgressBar } from "./output/progress-bar.js";
import { givenPassword, promptForPassword, refuseEmpty } from "./password.js";
import type { RepositorySource } from "./repository-source.js";
import { mainSource } from "./repository-source.js";
import { schemeOf } from "./stores/open-storage.js";
import { setV8ForCommands } from "./v8-settings.js";
import { textOf } from "./text-error.js";

const TRIES_AT_TERMINAL = 3;

/**
 * How a command locks: `read` and `append` tolerate each other, `exclusive` tolerates nobody. Only reading may go
 * without a lock, with `--no-lock`.
 */
export type LockKind = "none" | "read" | "append" | "exclusive";

/** Opens the repository that the user named. Errors: `no-repository`, `wrong-password`, those of the sources. */
export function openRepository(context: Context): Promise<Repository> {
  return openSource(context, mainSource(context.globals, context.environment));
}

export async function openSource(context: Context, source: RepositorySource): Promise<Repository> {
  const { globals, output, signal } = context;
  const storage = await openStorage(context, source.location);
  const open = async (password: string): Promise<Repository> => {
    const later: string[] = [];
    const repository = await Repository.open(storage, {
      ...repositoryOptions(context),
      layer: (inner, id) => withCache(context, inner, id, (text) => later.push(text)),
      password: refuseEmpty(password, source.password.insecureNoPassword),
      ...(source.keyHint === "" ? {} : { keyHint: source.keyHint }),
    }).catch((error: unknown) => {
      throw isTasticError(error, "no-repository") ? noRepository(source.location, error) : error;
    });
    setV8ForCommands();
    const { id, version } = repository.config;
    const compression = version >= 2 ? `, compression level ${globals.compression}` : "";
    output.terminalInfo(`repository ${id.slice(0, 8)} opened (version ${version}${compression})`);
    for (const text of later) output.terminalInfo(text);
    return repository;
  };
  const given = givenPassword(source.password);
  if (given !== undefined) return open(given);

  const tries = process.stdin.isTTY ? TRIES_AT_TERMINAL : 1;
  for (let attempt = 1; ; attempt++) {
    try {
      return await open(await promptForPassword({ prompt: source.prompt, signal }));
    } catch (error) {
      const again = isTasticError(error, "wrong-password") || isTasticError(error, "no-password");
      if (!again || attempt === tries) throw error;
      const text = error.code === "wrong-password" ? messageOf(error) : textOf(error);
      output.error(`${text}. Try again`);
    }
  }
}

/** Names the location as the user gave it. */
function noRepository(location: string, cause: TasticError): TasticError {
  // In the words of restic's storages.
  const reason =
    schemeOf(location) === "local"
      ? `stat ${join(location.replace(/^local:/, ""), "config")}: no such file or directory`
      : "<config/> does not exist";
  return new TasticError(
    "no-repository",
    `repository does not exist: unable to open config file: ${reason}`,
    { guidance: `Is there a repository at the following location?\n${shownLocation(location)}`, cause },
  );
}

/** @throws TasticError invalid-argument for a pack size out of bounds, once the repository is opened with it */
export function repositoryOptions({ globals }: Pick<Context, "globals">): RepositoryOptions {
  return {
    compression: globals.compression,
    verify: !globals.noExtraVerify,
    ...(globals.packSize === 0 ? {} : { packSize: globals.packSize * 2 ** 20 }),
  };
}

/** Opens the repository, locks it, and unlocks it however the work ends. `work` gets a signal that ends with the lock. */
export async function withRepository<T>(
  context: Context,
  kind: LockKind,
  work: (repository: Repository, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const repository = await openRepository(context);
  return withLock(context, repository, kind, (signal) => work(repository, signal));
}

/** Like `withRepository`, with the index loaded, which begins while the lock settles. */
export async function withIndex<T>(
  context: Context,
  kind: LockKind,
  work: (repository: Repository, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const repository = await openRepository(context);
  const load = (signal: AbortSignal): Promise<void> => loadIndex(context, repository, signal);
  return withLockAhead(context, repository, kind, load, (_, signal) => work(repository, signal));
}

/**
 * Like `withIndex`, for work that begins already while the lock settles: until `held` resolves it must only read, and tell
 * nobody.
 */
export async function withIndexAhead<T>(
  context: Context,
  kind: LockKind,
  work: (repository: Repository, signal: AbortSignal, held: Promise<void>) => Promise<T>,
): Promise<T> {
  const repository = await openRepository(context);
  const ahead = async (signal: AbortSignal, held: Promise<void>): Promise<T> => {
    await loadIndex(context, repository, signal);
    return work(repository, signal, held);
  };
  return withLockAhead(context, repository, kind, ahead, (result) => Promise.resolve(result));
}

/** Like `withRepository` for reading, for what is looked at while the lock settles, and there is nothing more to do. */
export async function lookAtRepository<T>(
  context: Context,
  look: (repository: Repository) => Promise<T>,
): Promise<T> {
  const repository = await openRepository(context);
  return withLockAhead(
    context,
    repository,
    "read",
    () => look(repository),
    (found) => Promise.resolve(found),
  );
}

/**
 * Locks, and looks at the repository already while the lock settles. From the moment that a lock is stored nobody who
 * comes later goes on against it, and whoever came before makes us refuse it: what is read in between is as good as what is
 * read after, if the lock holds. If it does not, all of that is forgotten, and with the next try begun anew.
 *
 * @param ahead only reads; `held` resolves when the lock is, and what is told before may never come true
 */
export async function withLockAhead<Found, T>(
  context: Context,
  repository: Repository,
  kind: LockKind,
  ahead: (signal: AbortSignal, held: Promise<void>) => Promise<Found>,
  work: (found: Found, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let attempt: Attempt<Found> | undefined;
  const begin = (): Attempt<Found> => {
    const before = attempt?.end();
    const started = startAttempt(context.signal, async (signal, held) => {
      if (before !== undefined) {
        await before;
        repository.forgetIndex();
      }
      return ahead(signal, held);
    });
    attempt = started;
    return started;
  };
  const workHeld = async (signal: AbortSignal): Promise<T> => {
    const current = attempt ?? begin();
    current.hold(signal);
    return work(await current.found, signal);
  };
  try {
    return await withLock(context, repository, kind, workHeld, () => void begin());
  } finally {
    await attempt?.end();
  }
}

interface Attempt<Found> {
  readonly found: Promise<Found>;
  /** The lock is held, until `signal` aborts. */
  hold(signal: AbortSignal): void;
  /** Stops looking, and waits until that has come to an end. */
  end(): Promise<void>;
}

function startAttempt<Found>(
  outer: AbortSignal,
  look: (signal: AbortSignal, held: Promise<void>) => Promise<Found>,
): Attempt<Found> {
  const over = new AbortController();
  let hold = (): void => undefined;
  const held = new Promise<void>((resolve) => (hold = resolve));
  const found = look(AbortSignal.any([outer, over.signal]), held);
  // What goes wrong is told to whoever holds the lock.
  const settled = found.then(
    () => undefined,
    () => undefined,
  );
  return {
    found,
    hold(signal) {
      signal.addEventListener("abort", () => over.abort(signal.reason), { once: true });
      hold();
    },
    end() {
      over.abort();
      return settled;
    },
  };
}

/** @param onStored see `LockOptions` of the repository */
export async function withLock<T>(
  context: Context,
  repository: Repository,
  kind: LockKind,
  work: (signal: AbortSignal) => Promise<T>,
  onStored?: () => void,
): Promise<T> {
  const { globals, signal } = context;
  if (kind === "none" || (kind === "read" && globals.noLock)) return work(signal);
  const lock = await takeLock(context, repository, {
    exclusive: kind === "exclusive",
    ...(onStored && { onStored }),
  });
  const either = AbortSignal.any([signal, lock.signal]);
  try {
    return await work(either);
  } catch (error) {
    // Whatever an aborted operation fails with, why it was aborted is what matters.
    if (either.aborted && either.reason instanceof TasticError && !isTasticError(error, either.reason.code)) {
      throw either.reason;
    }
    throw error;
  } finally {
    await lock.release();
  }
}

async function takeLock(
  { globals, output, signal }: Context,
  repository: Repository,
  options: LockOptions,
): Promise<HeldLock> {
  const waiting = (milliseconds: number): void =>
    output.info(`repo already locked, waiting up to ${formatClockDuration(milliseconds)} for the lock`);
  try {
    return await repository.lock({ ...options, retryForMs: globals.retryLock, signal, onWait: waiting });
  } catch (error) {
    // restic says so, too, when it does not wait at all.
    if (isTasticError(error, "locked") && globals.retryLock <= 0) waiting(0);
    throw error;
  }
}

/** Loads the index; at a terminal, shows how far that is. */
export async function loadIndex(
  context: Context,
  repository: Repository,
  signal: AbortSignal,
): Promise<void> {
  const bar = indexBar(context);
  await repository.loadIndex({ signal, onProgress: (done, total) => bar.update(done, total) });
  bar.finish();
  await forgetOldPacks(repository);
}

/** A bar for loading the index, for who loads it in another way. */
export function indexBar(context: Context): ProgressBar {
  return new ProgressBar(context, "index files loaded", { onlyAtTerminal: true });
}
