/**
 * Ingesting one file: open, read, cut, hash, and hand every new chunk to the packer. Synchronous, for workers and
 * for the main thread alike; finished packs are yielded to whoever drives it.
 */
import type { CryptoProvider } from "@tastic/crypto";
import { createRabinChunker, parsePolynomial } from "@tastic/chunker";
import { systemErrorCode } from "@tastic/errors";
import { idFromBytes } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import type { FinishedPack, Packer } from "@tastic/repository";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { ChunkBuffer } from "./chunk-buffer.js";
import { SourceError, fromSource } from "./source-error.js";
import { systemPath } from "./source-files.js";

/** What became of a file's content. */
export interface IngestedFile {
  /** The ids of its chunks, 32 bytes each. */
  readonly content: Uint8Array;
  /** Bytes that were read. */
  readonly size: number;
  readonly newBlobs: number;
  readonly newBytes: number;
  readonly storedBytes: number;
}

/** Where the cuts of a file are to be found. */
export interface CutRequest {
  readonly path: string;
  /** Bytes before it: 0, or where a cut is. */
  readonly from: number;
  /** For so many bytes at least, unless the file ends before. */
  readonly least: number;
}

export interface FileCuts {
  /** Of the chunks, one after the other. */
  readonly lengths: readonly number[];
  /** The file ends there. */
  readonly isEnd: boolean;
}

/** Some of a file, whose cuts are known. */
export interface FilePart {
  readonly path: string;
  readonly from: number;
  readonly lengths: readonly number[];
}

// A name may turn into a link or a fifo between the listing and the opening: follow no link, wait for no writer.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
// Reading for a backup should not count as an access, where the system lets us say so.
const OPEN_WITHOUT_ATIME = OPEN_FLAGS | (constants.O_NOATIME ?? 0);

/** Room for the longest chunk and for what is read on top of it. */
const CHUNK_BUFFER = 9 << 20;

export class FileIngest {
  readonly #packer: Packer;
  readonly #crypto: CryptoProvider;
  readonly #chunks: ChunkBuffer;
  #content = new Uint8Array(64 * 32);
  #contentLength = 0;
  #size = 0;
  #newBlobs = 0;
  #newBytes = 0;
  #storedBytes = 0;

  /** @param polynomial of the repository's chunker, as its config has it */
  constructor(packer: Packer, crypto: CryptoProvider, polynomial: string) {
    this.#packer = packer;
    this.#crypto = crypto;
    this.#chunks = new ChunkBuffer(
      createRabinChunker(parsePolynomial(polynomial), { bufferSize: CHUNK_BUFFER }),
    );
  }

  /**
   * Ingests the regular file at `path`. Yields finished packs, and undefined now and then in a large file, where others
   * may have their turn. Errors: `SourceError` if it cannot be read; those of the packer.
   */
  *file(path: string, onRead?: (bytes: number) => void): Generator<FinishedPack | undefined, IngestedFile> {
    const { fd, size } = openFile(path);
    try {
      this.#begin();
      let total = 0;
      for (;;) {
        const room = this.#chunks.room();
        const length = fromSource(path, () => readSync(fd, room, 0, room.length, null));
        this.#chunks.filled(length);
        total += length;
        onRead?.(length);
        // Some file systems give less than was asked for in the middle of a file, and some know no sizes. Only where
        // the size says that nothing follows is the last call saved, which would find nothing.
        if (length === 0 || (length < room.length && total === size)) break;
        yield* this.#cut();
        yield;
      }
      this.#chunks.end();
      yield* this.#cut();
      return this.#result();
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Finds cuts, and stores nothing: the first half of what `file` does. Yields now and then. Errors: `SourceError`.
   */
  *cuts({ path, from, least }: CutRequest): Generator<undefined, FileCuts> {
    const { fd } = openFile(path);
    try {
      this.#chunks.reset();
      const lengths: number[] = [];
      let [read, cut] = [0, 0];
      for (;;) {
        const room = this.#chunks.room();
        const length = fromSource(path, () => readSync(fd, room, 0, room.length, from + read));
        this.#chunks.filled(length);
        read += length;
        const isEnd = length === 0;
        if (isEnd) this.#chunks.end();
        for (let chunk = this.#chunks.next(); chunk !== undefined; chunk = this.#chunks.next()) {
          lengths.push(chunk.length);
          cut += chunk.length;
        }
        if (isEnd || cut >= least) return { lengths, isEnd };
        yield;
      }
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Ingests chunks whose cuts are known: the other half. A file that has become shorter ends where it ends now. Yields and
   * errors as those of `file`.
   */
  *part(
    { path, from, lengths }: FilePart,
    onRead?: (bytes: number) => void,
  ): Generator<FinishedPack | undefined, IngestedFile> {
    const { fd } = openFile(path);
    try {
      this.#begin();
      let position = from;
      for (const length of lengths) {
        const chunk = this.#chunks.whole(length);
        let filled = 0;
        while (filled < length) {
          const at = filled;
          const got = fromSource(path, () => readSync(fd, chunk, at, length - at, position + at));
          if (got === 0) break;
          filled += got;
          onRead?.(got);
        }
        if (filled > 0) yield* this.#store(chunk.subarray(0, filled));
        if (filled < length) break;
        position += length;
        yield;
      }
      return this.#result();
    } finally {
      closeSync(fd);
    }
  }

  /** Ingests a stream of bytes. */
  async *stream(
    source: AsyncIterable<Uint8Array>,
    onRead?: (bytes: number) => void,
  ): AsyncGenerator<FinishedPack, IngestedFile> {
    this.#begin();
    for await (const piece of source) {
      for (let offset = 0; offset < piece.length;) {
        const room = this.#chunks.room();
        const part = piece.subarray(offset, offset + room.length);
        room.set(part);
        this.#chunks.filled(part.length);
        offset += part.length;
        yield* this.#cut();
      }
      onRead?.(piece.length);
    }
    this.#chunks.end();
    yield* this.#cut();
    return this.#result();
  }

  #begin(): void {
    this.#chunks.reset();
    this.#contentLength = 0;
    this.#size = 0;
    this.#newBlobs = 0;
    this.#newBytes = 0;
    this.#storedBytes = 0;
  }

  /** Stores every chunk that is complete. */
  *#cut(): Generator<FinishedPack, void> {
    for (let chunk = this.#chunks.next(); chunk !== undefined; chunk = this.#chunks.next())
      yield* this.#store(chunk);
  }

  *#store(chunk: Uint8Array): Generator<FinishedPack, void> {
    const id = this.#crypto.sha256(chunk);
    const { isNew, storedLength } = this.#packer.add("data", id, chunk);
    if (isNew) {
      this.#newBlobs++;
      this.#newBytes += chunk.length;
      this.#storedBytes += storedLength;
    }
    this.#size += chunk.length;
    this.#append(id);
    for (let pack = this.#packer.takeFinished(); pack; pack = this.#packer.takeFinished()) yield pack;
  }

  #append(id: Uint8Array): void {
    if (this.#contentLength + 32 > this.#content.length) {
      const larger = new Uint8Array(this.#content.length * 2);
      larger.set(this.#content);
      this.#content = larger;
    }
    this.#content.set(id, this.#contentLength);
    this.#contentLength += 32;
  }

  #result(): IngestedFile {
    return {
      content: this.#content.slice(0, this.#contentLength),
      size: this.#size,
      newBlobs: this.#newBlobs,
      newBytes: this.#newBytes,
      storedBytes: this.#storedBytes,
    };
  }
}

/** The ids in an `IngestedFile`'s content. */
export function contentIds(content: Uint8Array): BlobId[] {
  return Array.from({ length: content.length / 32 }, (_, i) => idFromBytes<BlobId>(content, i * 32));
}

/** @throws SourceError, also if it is no regular file */
function openFile(path: string): { readonly fd: number; readonly size: number } {
  const fd = fromSource(path, () => open(path));
  try {
    const status = fromSource(path, () => fstatSync(fd));
    if (status.isFile()) return { fd, size: status.size };
    throw new SourceError(`file ${path} changed type, refusing to archive`, path);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function open(path: string): number {
  try {
    return openSync(systemPath(path), OPEN_WITHOUT_ATIME);
  } catch (error) {
    // Only the owner of a file may ask for that.
    if (systemErrorCode(error) !== "EPERM") throw error;
    return openSync(systemPath(path), OPEN_FLAGS);
  }
}
