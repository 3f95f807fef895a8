/**
 * Reading all that is stored, slowly, and holding it against its names: what a disk has spoiled is found before somebody
 * needs it. The first damaged object is reported at once, not at the end.
 */
import { createHash } from "node:crypto";
import { isTasticError, messageOf } from "@tastic/errors";
import type { FileType } from "@tastic/storage";
import { wordOf } from "../http/request-path.js";
import type { ObjectStore, Repositories } from "../stores/object-store.js";
import type { AuditLog } from "./audit-log.js";
import type { Log } from "./log.js";

export interface DamagedObject {
  readonly repository: string;
  readonly type: string;
  readonly object: string;
  readonly reason: string;
}

export interface ScrubState {
  readonly running: boolean;
  /** Of the running scrub, or the last. */
  readonly verified: number;
  readonly bytes: number;
  readonly damaged: readonly DamagedObject[];
  /** When the last scrub came to its end, in RFC 3339. */
  readonly finished: string | undefined;
}

export interface ScrubOptions {
  readonly repositories: Repositories;
  readonly log: Log;
  readonly audit: AuditLog;
  /** Bytes in a second; no limit if not given. */
  readonly rate?: number | undefined;
  readonly now: () => number;
}

/** What is named by its content. */
const types: readonly FileType[] = ["key", "snapshot", "index", "pack"];
const maximumReported = 1_000;

export class Scrub {
  readonly #options: ScrubOptions;
  #state: ScrubState = { running: false, verified: 0, bytes: 0, damaged: [], finished: undefined };

  constructor(options: ScrubOptions) {
    this.#options = options;
  }

  get state(): ScrubState {
    return this.#state;
  }

  /** Goes over everything once. Does nothing where one is running. Returns what it found. */
  async run(signal?: AbortSignal): Promise<ScrubState> {
    if (this.#state.running) return this.#state;
    const { repositories, log, now } = this.#options;
    this.#state = { ...this.#state, running: true, verified: 0, bytes: 0, damaged: [] };
    const pace = new RatePace(this.#options.rate);
    try {
      for await (const folders of repositories.list()) {
        const store = repositories.open(folders);
        for (const type of types) {
          for await (const batch of store.list(type, { sizes: false })) {
            for (const { name } of batch) {
              if (signal?.aborted) return this.#state;
              await this.#verify(store, folders.join("/"), type, name, pace);
            }
          }
        }
      }
      this.#state = { ...this.#state, finished: new Date(now()).toISOString() };
      const { verified, bytes, damaged } = this.#state;
      log.info("scrub finished", { objects: verified, bytes, damaged: damaged.length });
    } finally {
      this.#state = { ...this.#state, running: false };
    }
    return this.#state;
  }

  async #verify(
    store: ObjectStore,
    repository: string,
    type: FileType,
    name: string,
    pace: RatePace,
  ): Promise<void> {
    let reason: string | undefined;
    let bytes = 0;
    try {
      const reader = await store.open({ type, name });
      try {
        const hash = createHash("sha256");
        for await (const piece of reader.read(0, reader.size)) {
          hash.update(piece);
          bytes += piece.length;
          await pace.spend(piece.length);
        }
        if (hash.digest("hex") !== name) reason = "its content does not match its name";
      } finally {
        await reader.close();
      }
    } catch (error) {
      // Removed while we looked.
      if (isTasticError(error, "not-found")) return;
      reason = messageOf(error);
    }
    const { verified, damaged } = this.#state;
    this.#state = { ...this.#state, verified: verified + 1, bytes: this.#state.bytes + bytes };
    if (reason === undefined) return;
    const found: DamagedObject = { repository, type: wordOf(type), object: name, reason };
    if (damaged.length < maximumReported) this.#state = { ...this.#state, damaged: [...damaged, found] };
    this.#options.log.error("DAMAGED OBJECT: a backup cannot be restored whole", { ...found });
    await this.#options.audit.record({ event: "damaged-object-found", account: "server", ...found });
  }
}

/** Spends bytes at a rate. */
class RatePace {
  readonly #rate: number | undefined;
  #due = performance.now();

  constructor(rate: number | undefined) {
    this.#rate = rate;
  }

  async spend(bytes: number): Promise<void> {
    if (this.#rate === undefined) {
      // Others get their turn all the same.
      await new Promise((resolve) => setImmediate(resolve));
      return;
    }
    const now = performance.now();
    this.#due = Math.max(this.#due, now - 100) + (bytes / this.#rate) * 1000;
    if (this.#due > now) await new Promise((resolve) => setTimeout(resolve, this.#due - now));
  }
}
