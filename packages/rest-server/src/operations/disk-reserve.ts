/**
 * Keeping some of a disk free: what else is on it can go on working, and so can the server, which writes its accounts and
 * its audit log there. Uploads that would leave less are refused. Locks are not, for without one nobody can prune.
 */
import { statfs } from "node:fs/promises";
import type { TasticError } from "@tastic/errors";
import { storageError } from "@tastic/storage";
import { refusal } from "../http/refusal.js";
import type { Reservation, Usage } from "../http/services.js";

export interface DiskReserveOptions {
  /** A folder on the disk. */
  readonly path: string;
  /** So many bytes stay free. */
  readonly bytes: number;
  /** How many are, for who does not ask the system. */
  readonly free?: (() => Promise<number>) | undefined;
}

/** So long, in milliseconds, the system's answer is believed. */
const rememberFree = 1_000;

export class DiskReserve {
  readonly #options: DiskReserveOptions;
  #free = 0;
  #asked: Promise<void> | undefined;
  #askAgain = 0;
  /** Bytes of uploads that run, of which the disk has only some, or have ended since the system was asked. */
  #promised = 0;
  #endedSince = 0;

  constructor(options: DiskReserveOptions) {
    this.#options = options;
  }

  /** Has an upload held against the disk, before all other limits. */
  guard(usage: Usage): Usage {
    return {
      removed: (folders, bytes, into) => usage.removed(folders, bytes, into),
      reserve: async (exchange, file) => {
        const others = await usage.reserve(exchange, file);
        return file.type === "lock" ? others : this.#reserve(others);
      },
    };
  }

  async #reserve(others: Reservation): Promise<Reservation> {
    if (performance.now() >= this.#askAgain) {
      this.#askAgain = performance.now() + rememberFree;
      this.#asked = this.#ask();
      this.#asked.catch(() => (this.#askAgain = 0));
    }
    await this.#asked;
    let taken = 0;
    return {
      add: (bytes) => {
        if (this.#free - this.#promised - bytes < this.#options.bytes) throw noRoom(this.#options.bytes);
        others.add(bytes);
        this.#promised += bytes;
        taken += bytes;
      },
      settle: (stored) => {
        others.settle(stored);
        if (stored) this.#endedSince += taken;
        else this.#promised -= taken;
        taken = 0;
      },
      headers: () => others.headers(),
    };
  }

  async #ask(): Promise<void> {
    const { path, free = () => freeOn(path) } = this.#options;
    const ended = this.#endedSince;
    this.#free = await free();
    // These are on the disk now.
    this.#endedSince -= ended;
    this.#promised -= ended;
  }
}

async function freeOn(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    throw storageError(error, "ask for the free space of", path);
  }
}

function noRoom(bytes: number): TasticError {
  return refusal(507, "no-space", `the upload would leave less than ${bytes} bytes free on the disk`, {
    text: "the server has no room left",
  });
}
