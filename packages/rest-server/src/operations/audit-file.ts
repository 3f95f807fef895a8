/** The audit log as a file to which lines are only ever added, one JSON object each. */
import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { storageError } from "@tastic/storage";
import type { LocalModes } from "../stores/local-store.js";
import type { AuditEntry, AuditLog } from "./audit-log.js";

export function createAuditFile(path: string, modes: LocalModes, now: () => number = Date.now): AuditFile {
  return new AuditFile(path, modes, now);
}

export class AuditFile implements AuditLog {
  readonly #path: string;
  readonly #modes: LocalModes;
  readonly #now: () => number;
  #handle: Promise<FileHandle> | undefined;
  #lines: string[] = [];
  #writing: Promise<void> | undefined;
  /** Has a write failed, which may have left a part of a line? */
  #torn = false;

  constructor(path: string, modes: LocalModes, now: () => number) {
    this.#path = path;
    this.#modes = modes;
    this.#now = now;
  }

  record(entry: AuditEntry): Promise<void> {
    this.#lines.push(`${JSON.stringify({ time: new Date(this.#now()).toISOString(), ...entry })}\n`);
    // What comes while others are written goes with one write.
    this.#writing ??= Promise.resolve().then(() => this.#write());
    return this.#writing;
  }

  /** Lets go of the file, so that it may be moved away; the next entry makes a new one. */
  async close(): Promise<void> {
    await this.#writing;
    const handle = this.#handle;
    this.#handle = undefined;
    await (await handle)?.close();
  }

  async #write(): Promise<void> {
    const text = `${this.#torn ? "\n" : ""}${this.#lines.join("")}`;
    this.#lines = [];
    this.#writing = undefined;
    try {
      this.#handle ??= this.#open();
      // One call: lines of several processes do not mix.
      await (await this.#handle).appendFile(text);
      this.#torn = false;
    } catch (error) {
      this.#torn = true;
      const handle = this.#handle;
      this.#handle = undefined;
      // What could not be opened is not open.
      await (await handle?.catch(() => undefined))?.close();
      throw storageError(error, "write to", this.#path);
    }
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.#path), { recursive: true, mode: this.#modes.folder });
    return open(this.#path, "a", this.#modes.file);
  }
}
