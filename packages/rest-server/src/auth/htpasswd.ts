/** Apache's htpasswd files, as far as rest-server reads them: one `name:hash` for each line, bcrypt or `{SHA}`. */
import { readFileSync, statSync } from "node:fs";
import { TasticError } from "@tastic/errors";
import { storageError } from "@tastic/storage";
import { silentLog, type Log } from "../operations/log.js";
import { isLoginName } from "./identity.js";

/** Names and hashes. @throws TasticError invalid-format for a line that is none */
export function parseHtpasswd(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [name = "", hash = "", more] = line.split(":");
    if (!isLoginName(name) || hash.trim() === "" || more !== undefined) {
      throw new TasticError("invalid-format", `line ${i + 1} is not a name and a hash`, {
        guidance: "Names have letters, digits and . _ @ -; hashes are made by `htpasswd -B`.",
      });
    }
    entries.set(name, hash.trim());
  }
  return entries;
}

export interface HtpasswdFileOptions {
  /** After so many milliseconds the file is looked at again. */
  readonly interval?: number;
  readonly log?: Log;
}

/** A file that is read again when it changes. */
export class HtpasswdFile {
  readonly path: string;
  readonly #interval: number;
  readonly #log: Log;
  #entries: ReadonlyMap<string, string>;
  #stamp: string;
  #looked = performance.now();

  /** Throws where the file cannot be read. */
  constructor(path: string, { interval = 30_000, log = silentLog }: HtpasswdFileOptions = {}) {
    this.path = path;
    this.#interval = interval;
    this.#log = log;
    try {
      this.#stamp = this.#look();
      this.#entries = parseHtpasswd(readFileSync(path, "utf8"));
    } catch (error) {
      throw storageError(error, "use", path);
    }
    for (const [name, hash] of this.#entries) {
      if (!/^(?:\$2[aby]\$|\{SHA\})/.test(hash))
        log.warn("a hash that nobody can log in with", { name, file: path });
    }
  }

  get(name: string): string | undefined {
    if (performance.now() - this.#looked >= this.#interval) this.reload();
    return this.#entries.get(name);
  }

  hashes(): Iterable<string> {
    return this.#entries.values();
  }

  /** Reads the file again if it has changed. One that cannot be used leaves the old entries in place. */
  reload(): void {
    this.#looked = performance.now();
    try {
      const stamp = this.#look();
      if (stamp === this.#stamp) return;
      this.#entries = parseHtpasswd(readFileSync(this.path, "utf8"));
      this.#stamp = stamp;
      this.#log.info("htpasswd file loaded again", { file: this.path, names: this.#entries.size });
    } catch (error) {
      this.#log.error(
        `the old htpasswd entries stay in use: ${storageError(error, "use", this.path).message}`,
      );
    }
  }

  #look(): string {
    const { mtimeMs, ctimeMs, size, ino } = statSync(this.path);
    return `${mtimeMs}/${ctimeMs}/${size}/${ino}`;
  }
}
