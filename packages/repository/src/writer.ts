/**
 * Writing blobs: packs are stored as they are completed, a few at a time, and listed in index files; only a
 * flushed writer has everything stored.
 *
 * Blobs may be added here, on this thread, or packs may come complete from workers. Either way the writer takes
 * no more than it can store: `add` and `accept` wait while too many packs are on their way.
 */
import { TasticError } from "@tastic/errors";
import { idFromBytes } from "@tastic/format";
import type { BlobType } from "@tastic/format";
import type { Storage } from "@tastic/storage";
import type { IndexWriter } from "./index-files.js";
import type { FinishedPack, PackedBlob, Packer } from "./packer.js";

export interface WriterOptions {
  readonly signal?: AbortSignal;
  /** Store nothing: for a dry run, which wants to know what would be new. */
  readonly discard?: boolean;
}

export class RepositoryWriter {
  readonly #storage: Storage;
  readonly #packer: Packer;
  readonly #indexWriter: IndexWriter;
  readonly #options: WriterOptions;
  readonly #uploads = new Set<Promise<void>>();
  #indexing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(storage: Storage, packer: Packer, indexWriter: IndexWriter, options: WriterOptions = {}) {
    this.#storage = storage;
    this.#packer = packer;
    this.#indexWriter = indexWriter;
    this.#options = options;
  }

  /** Stores a blob unless it is known. `id` is its SHA-256. Errors: those of the store, also of earlier packs. */
  async add(type: BlobType, id: Uint8Array, plaintext: Uint8Array): Promise<PackedBlob> {
    this.#check();
    const result = this.#packer.add(type, id, plaintext);
    for (let pack = this.#packer.takeFinished(); pack; pack = this.#packer.takeFinished())
      await this.accept(pack);
    return result;
  }

  /** Takes a complete pack; resolves when there is room for the next one, not when this one is stored. */
  async accept(pack: FinishedPack): Promise<void> {
    this.#check();
    const upload = this.#store(pack).finally(() => this.#uploads.delete(upload));
    this.#uploads.add(upload);
    while (this.#uploads.size >= this.#storage.connections) await Promise.race(this.#uploads);
    this.#check();
  }

  /** Stores all that is open and the index of all that was stored. */
  async flush(): Promise<void> {
    this.#check();
    this.#packer.flush();
    for (let pack = this.#packer.takeFinished(); pack; pack = this.#packer.takeFinished())
      await this.accept(pack);
    await this.settle();
    this.#check();
    await this.#indexWriter.flush();
  }

  /** Waits until nothing is on its way any more. */
  async settle(): Promise<void> {
    await Promise.all(this.#uploads);
    await this.#indexing;
  }

  /** Never rejects: a failure is kept, and raised by whatever is called next. */
  async #store(pack: FinishedPack): Promise<void> {
    try {
      const { signal, discard } = this.#options;
      if (discard === true) return;
      const name = idFromBytes(pack.id);
      await this.#storage.save({ type: "pack", name }, pack.bytes, { signal });
      this.#indexing = this.#indexing.then(() => this.#indexWriter.add(pack));
      await this.#indexing;
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #check(): void {
    const { signal } = this.#options;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (signal?.aborted === true) {
      throw signal.reason instanceof TasticError
        ? signal.reason
        : new TasticError("cancelled", "the operation was cancelled");
    }
  }
}
