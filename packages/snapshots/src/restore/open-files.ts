/**
 * Files that are being written, of which a limited number is open at once.
 */
import { closeSync } from "node:fs";
import { identityOf, reopenFile } from "./restored-file.js";
import type { FileIdentity } from "./restored-file.js";

const MAX_OPEN = 64;

export class OpenFiles {
  /** Descriptors by file, the longest unused first. */
  readonly #open = new Map<number, number>();
  /** Files that were begun and closed. */
  readonly #parked = new Map<number, FileIdentity>();

  /**
   * The descriptor of a file.
   * @param begin opens it for the first time
   * @throws system errors, what `begin` throws
   */
  descriptor(file: number, path: string, begin: () => number): number {
    let fd = this.#open.get(file);
    if (fd === undefined) {
      this.#makeRoom();
      const identity = this.#parked.get(file);
      fd = identity === undefined ? begin() : reopenFile(path, identity);
    } else if (this.#open.size > 1) this.#open.delete(file);
    this.#open.set(file, fd);
    return fd;
  }

  /** Names a file that was begun and closed elsewhere. */
  adopt(file: number, identity: FileIdentity): void {
    this.#parked.set(file, identity);
  }

  /** Closes a file, if it is open, to be written to again; gives its identity, if it was begun. @throws system errors */
  park(file: number): FileIdentity | undefined {
    const fd = this.#open.get(file);
    if (fd !== undefined) {
      this.#parked.set(file, identityOf(fd));
      this.close(file);
    }
    return this.#parked.get(file);
  }

  /** Closes a file for good, if it is open. @throws system errors */
  close(file: number): void {
    const fd = this.#open.get(file);
    this.#open.delete(file);
    if (fd !== undefined) closeSync(fd);
  }

  closeAll(): void {
    for (const file of this.#open.keys()) this.close(file);
    this.#parked.clear();
  }

  #makeRoom(): void {
    if (this.#open.size < MAX_OPEN) return;
    const [oldest] = this.#open.keys();
    if (oldest !== undefined) this.park(oldest);
  }
}
