/**
 * Writing an object to a folder so that it is there whole or not at all, under rest-server's name for unfinished files
 * (`<id>.rest-server-temp…`, which both servers tell from objects) until the disk has every byte.
 */
import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { link, open, rename, stat, unlink, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { hasSystemCode, syncFile, syncFolder } from "@tastic/storage";
import { release, Shares } from "./memory.js";
import type { ObjectWriter } from "./object-store.js";
import { Pace } from "./pace.js";

const pace = new Pace();
/** From so many unwritten bytes on, the sender is asked to wait. */
const shares = new Shares(32 * 1024, 512 * 1024);

const unfinished = /^(?:config|[0-9a-f]{64})\.rest-server-temp[^/]*$/;

/** Is this the name of an upload that has not ended, ours or rest-server's? */
export function isUnfinishedName(name: string): boolean {
  return unfinished.test(name);
}

/** Starts to write what will be `path`. Throws the system's errors: ENOENT where its folder is missing. */
export async function beginLocalWrite(path: string, mode: number): Promise<ObjectWriter> {
  const temporary = `${path}.rest-server-temp${randomBytes(8).toString("hex")}`;
  return new LocalWriter(path, temporary, await open(temporary, "wx", mode));
}

class LocalWriter implements ObjectWriter {
  readonly #path: string;
  readonly #temporary: string;
  #handle: FileHandle | undefined;
  #named = true;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #flushing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(path: string, temporary: string, handle: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#handle = handle;
    shares.enter();
  }

  write(piece: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) return this.#flushed();
    if (this.#flushing === undefined && pace.direct) return this.#writeNow(piece);
    this.#pending.push(piece);
    this.#pendingBytes += piece.length;
    this.#flushing ??= this.#flush();
    return this.#pendingBytes < shares.share ? undefined : this.#flushed();
  }

  async commit(): Promise<"stored" | "exists"> {
    await this.#flushed();
    const handle = this.#open;
    await syncFile(handle);
    this.#handle = undefined;
    shares.leave();
    await handle.close();
    const result = await nameUnlessExists(this.#temporary, this.#path);
    this.#named = false;
    if (result === "stored") await syncFolder(dirname(this.#path));
    return result;
  }

  async abort(): Promise<void> {
    // What is being written belongs to the system until it says that it is done.
    await this.#flushed().catch(() => undefined);
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle !== undefined) shares.leave();
    try {
      await handle?.close();
    } finally {
      if (this.#named) await unlinkIfThere(this.#temporary);
      this.#named = false;
    }
  }

  #writeNow(piece: Uint8Array): undefined {
    const { fd } = this.#open;
    for (let at = 0; at < piece.length;) {
      const written = pace.try(() => writeSync(fd, piece, at));
      if (written === 0) throw diskTakesNothing();
      at += written;
    }
    release(piece);
  }

  get #open(): FileHandle {
    if (this.#handle === undefined) throw new Error(`${this.#temporary} is closed`);
    return this.#handle;
  }

  /** Resolves when nothing is left to write; throws what kept bytes from being written. */
  async #flushed(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Writes all that has come, and what comes meanwhile. Never rejects. */
  async #flush(): Promise<void> {
    try {
      while (this.#pending.length > 0 && this.#failure === undefined) {
        const batch = this.#pending;
        const bytes = this.#pendingBytes;
        this.#pending = [];
        this.#pendingBytes = 0;
        await writeAll(this.#open, batch, bytes);
        for (const piece of batch) release(piece);
      }
    } catch (error) {
      this.#failure = { error };
      this.#pending = [];
    } finally {
      this.#flushing = undefined;
    }
  }
}

async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[], length: number): Promise<void> {
  let { bytesWritten } = await handle.writev(pieces);
  if (bytesWritten === length) return;
  // A disk may take less than it was given: what is left goes piece by piece.
  for (const piece of pieces) {
    const skipped = Math.min(bytesWritten, piece.length);
    bytesWritten -= skipped;
    for (let at = skipped; at < piece.length;) {
      const written = (await handle.write(piece, at)).bytesWritten;
      if (written === 0) throw diskTakesNothing();
      at += written;
    }
  }
}

function diskTakesNothing(): Error {
  return Object.assign(new Error("the disk takes no bytes, and does not say why"), { code: "ENOSPC" });
}

/** Gives a file its final name unless something has it, also where two try at once. The old name goes in any case. */
export async function nameUnlessExists(temporary: string, path: string): Promise<"stored" | "exists"> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (hasSystemCode(error, ["EEXIST"])) {
      await unlink(temporary);
      return "exists";
    }
    // ENOENT, EIO and the like are true of `rename`, too.
    if (!hasSystemCode(error, ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "EACCES", "EMLINK"]))
      throw error;
    return renameUnlessExists(temporary, path);
  }
  await unlink(temporary);
  return "stored";
}

/** For a file system without hard links: look, then rename, which is all it offers. */
async function renameUnlessExists(temporary: string, path: string): Promise<"stored" | "exists"> {
  if (await exists(path)) {
    await unlink(temporary);
    return "exists";
  }
  await rename(temporary, path);
  return "stored";
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT", "ENOTDIR"])) return false;
    throw error;
  }
}

export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasSystemCode(error, ["ENOENT"])) throw error;
  }
}
