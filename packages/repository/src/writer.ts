/**
 * Writing blobs: packs are stored as they are completed, a few at a time, and listed in index files; only a
 * flushed writer has everything stored.
 *
 * Blobs may be added here, on this thread, or packs may come complete from workers. Either way the writer takes
 * no more than it can store: `add` and `accept` wait while too many packs are on their way.
 */
import { idFromBytes } from "@tastic/format";
import type { BlobType, IndexId } from "@tastic/format";
import type { Storage } from "@tastic/storage";
import { throwIfCancelled } from "./cancellation.js";
import type { IndexWriter, ListedPack } from "./index-files.js";
import type { FinishedPack, PackedBlob, Packer } from "./packer.js";
import { releaseMemory } from "@tastic/crypto";

export interface WriterOptions {
  readonly signal?: AbortSignal;
  /** Nothing is stored before this resolves, and never if it rejects: a lock that may not hold yet. */
  readonly held?: Promise<void> | undefined;
  /** Store nothing: for a dry run, which wants to know what would be new. */
  readonly discard?: boolean;
  /** Called with every index file that was stored, and the packs that it lists. */
  readonly onIndex?: (id: IndexId, packs: readonly ListedPack[]) => void;
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

  /**
   * Stores a blob unless it is known. `id` is its SHA-256. Errors: those of the packer and the store, also of earlier
   * packs. After an error nothing more is written, and every further call raises the same.
   */
  async add(type: BlobType, id: Uint8Array, plaintext: Uint8Array): Promise<PackedBlob> {
    this.#check();
    const result = this.#packer.add(type, id, plaintext);
    await this.#acceptFinished();
    return result;
  }

  /** Moves a blob of this repository; see `Packer.move` and `rewrite`. Errors: as there, and as `add`. */
  async move(entry: number, sealed: Uint8Array): Promise<void> {
    this.#check();
    this.#packer.move(entry, sealed);
    await this.#acceptFinished();
  }

  async rewrite(entry: number, plaintext: Uint8Array, keepCompressed: boolean): Promise<void> {
    this.#check();
    this.#packer.rewrite(entry, plaintext, keepCompressed);
    await this.#acceptFinished();
  }

  /** Stores a blob of another repository; see `Packer.addContent`. Errors: as `add`. */
  async addContent(
    type: BlobType,
    id: Uint8Array,
    content: Uint8Array,
    uncompressedLength: number,
  ): Promise<PackedBlob> {
    this.#check();
    const result = this.#packer.addContent(type, id, content, uncompressedLength);
    await this.#acceptFinished();
    return result;
  }

  /** Takes a complete pack, whose bytes are nobody's afterwards; resolves when it is on its way, not when it is stored. */
  async accept(pack: FinishedPack): Promise<void> {
    this.#check();
    // Several may wait here: whoever wakes first takes the room before anything else runs.
    while (this.#uploads.size >= packsAtOnce(this.#storage)) await Promise.race(this.#uploads);
    this.#check();
    void this.#begin(pack);
  }

  /** Stores a complete pack. Whoever calls sees to it that not too many are on their way. Errors: as `add`. */
  async store(pack: FinishedPack): Promise<void> {
    this.#check();
    await this.#begin(pack);
    this.#check();
  }

  /** Stores all that is open and the index of all that was stored. */
  async flush(): Promise<void> {
    this.#check();
    this.#packer.flush();
    await this.#acceptFinished();
    await this.settle();
    this.#check();
    await this.#attempt(() => this.#indexWriter.flush());
    this.#check();
  }

  /** Waits until nothing is on its way any more. Never rejects. */
  async settle(): Promise<void> {
    while (this.#uploads.size > 0) await Promise.all(this.#uploads);
  }

  async #acceptFinished(): Promise<void> {
    for (let pack = this.#packer.takeFinished(); pack; pack = this.#packer.takeFinished())
      await this.accept(pack);
  }

  #begin(pack: FinishedPack): Promise<void> {
    const upload = this.#store(pack).finally(() => this.#uploads.delete(upload));
    this.#uploads.add(upload);
    return upload;
  }

  #store(pack: FinishedPack): Promise<void> {
    return this.#attempt(async () => {
      const { signal, discard, held } = this.#options;
      if (discard === true) {
        releaseMemory(pack.bytes);
        return;
      }
      await held;
      const name = idFromBytes(pack.id);
      const onTaken = (): void => releaseMemory(pack.bytes);
      await this.#storage.save({ type: "pack", name }, pack.bytes, { signal, holds: pack.type, onTaken });
      onTaken();
      this.#indexing = this.#indexing.then(() => this.#indexWriter.add(pack));
      await this.#indexing;
    });
  }

  /** Never rejects: a failure is kept, and raised by whatever is called next. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #check(): void {
    // An aborted signal says why it was, such as a lost lock; the store's `cancelled`, which it led to, does not.
    throwIfCancelled(this.#options.signal);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/**
 * How many packs are worth being on their way to a store at once. One alone would do for a disk but for the moments in
 * which it makes sure of what was written: they cost a backup a twentieth of its time.
 */
export function packsAtOnce({ connections }: Pick<Storage, "connections">): number {
  return Math.max(1, connections);
}
