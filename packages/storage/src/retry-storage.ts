/**
 * A storage that tries again what may pass, and knows what an answer that was lost on the way means for the next attempt.
 * The pace is restic's (`back-off.ts`).
 */
import { isTasticError } from "@tastic/errors";
import { BackOff, DEFAULT_TOTAL } from "./back-off.js";
import { joinBytes } from "./bytes.js";
import { callName, listName } from "./call-name.js";
import { throwIfCancelled } from "./cancellation.js";
import { systemClock, type Clock } from "./clock.js";
import type {
  ByteRange,
  FileInfo,
  FileType,
  OperationOptions,
  SaveOptions,
  Storage,
  StorageFile,
} from "./storage.js";
import { mayPass, retryAfter } from "./transient.js";

/** What is being waited for, or was. `call` is as restic names it: "Save(<data/3f0a1b2c3d>)". */
export type RetryNotice =
  | { readonly kind: "waiting"; readonly call: string; readonly delayMs: number; readonly error: Error }
  | { readonly kind: "recovered"; readonly call: string; readonly retries: number }
  | { readonly kind: "failed"; readonly call: string; readonly error: Error };

export interface RetryOptions {
  readonly onNotice?: (notice: RetryNotice) => void;
  /** For how many milliseconds to try; 15 minutes if not given. There is always one retry. */
  readonly total?: number;
  readonly clock?: Clock;
  /** From 0 to below 1, as `Math.random`. */
  readonly random?: () => number;
}

type Content = Uint8Array | readonly Uint8Array[];

/** An object that could not be loaded in all the time there was is given one attempt only, for so long. */
const GIVEN_UP_FOR = 60 * 60_000;

/** `inner`, where errors that may pass are met by trying again. */
export function createRetryStorage(inner: Storage, options: RetryOptions = {}): Storage {
  return new RetryStorage(inner, options);
}

class RetryStorage implements Storage {
  readonly location: string;
  readonly connections: number;
  readonly #inner: Storage;
  readonly #settings: { clock: Clock; random: () => number; total: number };
  readonly #notify: (notice: RetryNotice) => void;
  /** When loads of an object were given up, by `callName` without a range. */
  readonly #givenUp = new Map<string, number>();

  constructor(inner: Storage, { clock, random, total, onNotice }: RetryOptions) {
    this.#inner = inner;
    this.location = inner.location;
    this.connections = inner.connections;
    this.#settings = {
      clock: clock ?? systemClock,
      random: random ?? Math.random,
      total: total ?? DEFAULT_TOTAL,
    };
    this.#notify = onNotice ?? (() => undefined);
  }

  prepare(): Promise<void> {
    return this.#persist("Create()", undefined, () => this.#inner.prepare());
  }

  async save(file: StorageFile, content: Content, given: SaveOptions = {}): Promise<void> {
    let taken = false;
    const onTaken = (): void => {
      taken = true;
      given.onTaken?.();
    };
    const options = given.onTaken === undefined ? given : { ...given, onTaken };
    const failure = await this.#persist(callName("Save", file), options.signal, async (retries) => {
      try {
        await this.#inner.save(file, content, options);
      } catch (error) {
        // There is nothing left to try it with.
        if (taken) return { error };
        // The answer to an earlier attempt may have been lost after the work was done, or a network may have repeated
        // the request. rest-server says 403 to the second one.
        const exists = isTasticError(error, "already-exists");
        const refused = retries > 0 && isTasticError(error, "access-denied");
        if (!exists && !refused) throw error;
        if (await this.#holds(file, content, options)) return undefined;
        if (retries === 0 || file.type === "config" || refused) throw error;
        // What has this name is not what the name stands for: a part of what we sent.
        await this.#inner.remove(file, options);
        await this.#inner.save(file, content, options);
      }
      return undefined;
    });
    if (failure !== undefined) throw failure.error;
  }

  async load(file: StorageFile, range?: ByteRange, options?: OperationOptions) {
    const work = () => this.#inner.load(file, range, options);
    const key = callName("Load", file);
    const givenUp = this.#givenUp.get(key);
    const once = givenUp !== undefined && this.#settings.clock.now() < givenUp + GIVEN_UP_FOR;
    try {
      const bytes = await (once
        ? work()
        : this.#persist(callName("Load", file, range), options?.signal, work));
      this.#givenUp.delete(key);
      return bytes;
    } catch (error) {
      if (!once && mayPass(error)) this.#givenUp.set(key, this.#settings.clock.now());
      throw error;
    }
  }

  stat(file: StorageFile, options?: OperationOptions): Promise<FileInfo> {
    return this.#persist(callName("Stat", file), options?.signal, () => this.#inner.stat(file, options));
  }

  /** A listing that breaks is begun again; what was told is not told twice. */
  async *list(type: FileType, options: OperationOptions = {}): AsyncGenerator<FileInfo, void, undefined> {
    const told = new Set<string>();
    let files: AsyncIterator<FileInfo> | undefined;
    const call = new Call(listName(type), this.#settings, this.#notify, options.signal);
    try {
      for (;;) {
        let next: IteratorResult<FileInfo, unknown>;
        try {
          files ??= this.#inner.list(type, options)[Symbol.asyncIterator]();
          next = await files.next();
        } catch (error) {
          files = undefined;
          await call.failed(error);
          continue;
        }
        if (next.done === true) break;
        if (told.has(next.value.name)) continue;
        told.add(next.value.name);
        yield next.value;
      }
      files = undefined;
      call.succeeded();
    } finally {
      // Whoever stops in the middle lets go of the store, too.
      await files?.return?.();
    }
  }

  remove(file: StorageFile, options?: OperationOptions): Promise<void> {
    return this.#persist(callName("Remove", file), options?.signal, async (retries) => {
      try {
        await this.#inner.remove(file, options);
      } catch (error) {
        if (retries === 0 || !isTasticError(error, "not-found")) throw error;
        // Gone is what it was to be: an earlier attempt has done it.
      }
    });
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #persist<T>(
    name: string,
    signal: AbortSignal | undefined,
    work: (retries: number) => Promise<T>,
  ): Promise<T> {
    const call = new Call(name, this.#settings, this.#notify, signal);
    for (;;) {
      let result: T;
      try {
        result = await work(call.retries);
      } catch (error) {
        await call.failed(error);
        continue;
      }
      call.succeeded();
      return result;
    }
  }

  /** Is `content` what the store has under this name? */
  async #holds(file: StorageFile, content: Content, options?: OperationOptions): Promise<boolean> {
    try {
      const stored = await this.#inner.load(file, undefined, options);
      return Buffer.compare(stored, joinBytes(content)) === 0;
    } catch (error) {
      if (mayPass(error)) throw error;
      return false;
    }
  }
}

/** One call of a storage, from its first attempt to its end. */
class Call {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #backOff: BackOff;
  readonly #notify: (notice: RetryNotice) => void;
  readonly #signal: AbortSignal | undefined;

  constructor(
    name: string,
    settings: { clock: Clock; random: () => number; total: number },
    notify: (notice: RetryNotice) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#name = name;
    this.#clock = settings.clock;
    this.#backOff = new BackOff(settings);
    this.#notify = notify;
    this.#signal = signal;
  }

  get retries(): number {
    return this.#backOff.retries;
  }

  /** Resolves when it is time for the next attempt; throws the error if there is none. */
  async failed(error: unknown): Promise<void> {
    const call = this.#name;
    if (!mayPass(error)) throw error;
    throwIfCancelled(this.#signal, call);
    const delayMs = this.#backOff.next(retryAfter(error));
    if (delayMs === undefined) {
      this.#notify({ kind: "failed", call, error });
      throw error;
    }
    this.#notify({ kind: "waiting", call, delayMs, error });
    await this.#clock.sleep(delayMs, this.#signal);
    throwIfCancelled(this.#signal, call);
  }

  succeeded(): void {
    if (this.retries > 0) this.#notify({ kind: "recovered", call: this.#name, retries: this.retries });
  }
}
