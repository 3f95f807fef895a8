/**
 * A storage whose requests are given up when nothing happens for too long, so that the retry layer tries them again: a
 * connection that a router has forgotten would be waited for until the end of time.
 */
import { TasticError } from "@tastic/errors";
import { callName, listName } from "./call-name.js";
import { systemClock, type Clock } from "./clock.js";
import { maximumLoadLength } from "./range.js";
import type { FileInfo, FileType, OperationOptions, Storage, Traffic } from "./storage.js";

export interface WatchdogOptions {
  /** Milliseconds without an answer, and without bytes that move, after which a request counts as stuck. */
  readonly timeout: number;
  readonly clock?: Clock;
}

/**
 * `inner`, whose stuck requests fail with `storage-failed`. A storage that tells of its traffic is given up when nothing
 * moves. Of one that does not, nobody can say whether it moves, so that it gets the time that its bytes take on a slow
 * line on top: a backup over one must not be begun again for ever.
 */
export function createWatchdogStorage(inner: Storage, options: WatchdogOptions): Storage {
  const settings = { timeout: options.timeout, clock: options.clock ?? systemClock };
  const watch = <T>(
    call: string,
    given: OperationOptions = {},
    work: (watched: OperationOptions) => Promise<T>,
    bytes = 0,
    mustSettle = false,
  ) => new Watch(call, settings, graceFor(bytes)).run(given, work, mustSettle);
  return {
    location: inner.location,
    connections: inner.connections,
    prepare: () => inner.prepare(),
    // What is sent may be changed once this has settled, so a save that was given up has really ended.
    save: (file, content, given) =>
      watch(
        callName("Save", file),
        given,
        (watched) => inner.save(file, content, watched),
        lengthOf(content),
        true,
      ),
    load: (file, range, given) =>
      watch(
        callName("Load", file, range),
        given,
        (watched) => inner.load(file, range, watched),
        range?.length ?? WHOLE_OBJECT,
      ),
    stat: (file, given) => watch(callName("Stat", file), given, (watched) => inner.stat(file, watched)),
    list: (type, given) => watchList(inner, type, given ?? {}, settings),
    remove: (file, given) => watch(callName("Remove", file), given, (watched) => inner.remove(file, watched)),
    close: () => inner.close(),
  };
}

/** Bytes a second. */
const SLOW_LINE = 16 * 1024;
/** What is loaded whole, an index file or a pack, is rarely larger. */
const WHOLE_OBJECT = 16 * 1024 * 1024;

/** Milliseconds. What is no length, or more than a load returns, is refused by the storage anyway. */
function graceFor(bytes: number): number {
  return bytes > 0 ? (Math.min(bytes, maximumLoadLength) / SLOW_LINE) * 1000 : 0;
}

function lengthOf(content: Uint8Array | readonly Uint8Array[]): number {
  return content instanceof Uint8Array
    ? content.length
    : content.reduce((sum, piece) => sum + piece.length, 0);
}

interface Settings {
  readonly timeout: number;
  readonly clock: Clock;
}

async function* watchList(
  inner: Storage,
  type: FileType,
  given: OperationOptions,
  settings: Settings,
): AsyncGenerator<FileInfo, void, undefined> {
  const watch = new Watch(listName(type), settings);
  let files: AsyncIterator<FileInfo> | undefined;
  try {
    for (;;) {
      const next = await watch.run(given, (watched) => {
        files ??= inner.list(type, watched)[Symbol.asyncIterator]();
        return files.next();
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not waited for: where it is stuck, that would last.
    files?.return?.()?.catch(() => undefined);
    watch.end();
  }
}

/** The watch over one request. */
class Watch {
  readonly #call: string;
  readonly #settings: Settings;
  /** What the request is aborted with, by us or by the caller. */
  readonly #controller = new AbortController();
  #lastProgress = 0;
  #grace: number;
  /** How many pieces are held back by those above. */
  #held = 0;
  #stuck: TasticError | undefined;

  /** @param grace milliseconds on top until the first bytes are told of */
  constructor(call: string, settings: Settings, grace = 0) {
    this.#grace = grace;
    this.#call = call;
    this.#settings = settings;
  }

  /** @param mustSettle wait for the end of work that was given up */
  async run<T>(
    given: OperationOptions,
    work: (watched: OperationOptions) => Promise<T>,
    mustSettle = false,
  ): Promise<T> {
    const { signal } = given;
    const abort = (): void => this.#controller.abort(signal?.reason);
    if (signal?.aborted === true) abort();
    signal?.addEventListener("abort", abort, { once: true });
    const done = new AbortController();
    try {
      const stuck = this.#watch(done.signal);
      // Where it is not waited for, `#stuck` tells.
      stuck.catch(() => undefined);
      const working = work({
        ...given,
        signal: this.#controller.signal,
        traffic: this.#traffic(given.traffic),
      });
      return await (mustSettle ? working : Promise.race([working, stuck]));
    } catch (error) {
      throw this.#stuck ?? error;
    } finally {
      done.abort();
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Aborts what may still be on its way. */
  end(): void {
    this.#controller.abort();
  }

  /** Rejects when the request is stuck, and never settles otherwise. */
  #watch(done: AbortSignal): Promise<never> {
    const { clock, timeout } = this.#settings;
    this.#lastProgress = clock.now();
    return new Promise((_, reject) => {
      const look = async (): Promise<void> => {
        for (;;) {
          const left = this.#lastProgress + timeout + this.#grace - clock.now();
          if (left <= 0 && this.#held === 0) break;
          // No longer, since the grace may be over at any time.
          await clock.sleep(left > 0 ? Math.min(left, timeout) : timeout, done);
          if (done.aborted) return;
        }
        this.#stuck = stuckError(this.#call, timeout);
        reject(this.#stuck);
        this.#controller.abort(this.#stuck);
      };
      look().catch(reject);
    });
  }

  #traffic(outer: Traffic | undefined): Traffic {
    const progress = (): void => {
      this.#lastProgress = this.#settings.clock.now();
      this.#grace = 0;
    };
    const watched = (direction: keyof Traffic) => (bytes: number) => {
      progress();
      const wait = outer?.[direction](bytes);
      if (wait === undefined) return undefined;
      // To be held back is not to be stuck.
      this.#held++;
      return wait.then(progress).finally(() => this.#held--);
    };
    return { upload: watched("upload"), download: watched("download") };
  }
}

function stuckError(call: string, timeout: number): TasticError {
  return new TasticError("storage-failed", `${call}: no answer for ${Math.round(timeout / 1000)} seconds`, {
    guidance: "Check the network and the server; --stuck-request-timeout says how long to wait.",
    data: { stuck: true },
  });
}
