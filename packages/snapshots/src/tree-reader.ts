/**
 * Loading the trees of a snapshot a few ahead of whoever walks through them.
 */
import { idFromBytes } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import type { Repository } from "@tastic/repository";

/** Trees that may wait to be walked through: bounds the memory. */
const AHEAD_PER_CONNECTION = 4;

export class TreeReader {
  readonly #repository: Repository;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting = new Map<BlobId, Promise<Uint8Array>>();
  readonly #ahead: number;

  constructor(repository: Repository, signal?: AbortSignal) {
    this.#repository = repository;
    this.#signal = signal;
    this.#ahead = repository.storage.connections * AHEAD_PER_CONNECTION;
  }

  /** How many trees beyond the current one are worth naming to `expect`. */
  get ahead(): number {
    return this.#ahead;
  }

  /** Begins to load a tree that will probably be asked for, unless many are on their way. */
  expect(id: BlobId): void {
    if (this.#waiting.size >= this.#ahead || this.#waiting.has(id)) return;
    const loading = this.#load(id);
    // Whoever asks for it gets the error; if nobody does, nobody misses the tree.
    loading.catch(() => undefined);
    this.#waiting.set(id, loading);
  }

  /** The plaintext of a tree. Errors: those of `Repository.loadBlob`. */
  load(id: BlobId): Promise<Uint8Array> {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return this.#load(id);
    this.#waiting.delete(id);
    return waiting;
  }

  /** Forgets what was expected and not asked for. */
  clear(): void {
    this.#waiting.clear();
  }

  #load(id: BlobId): Promise<Uint8Array> {
    return this.#repository.loadBlob("tree", id, this.#signal);
  }
}

/** The id of an entry of the blob index, as a blob's. */
export function blobIdOf(repository: Repository, entry: number): BlobId {
  return idFromBytes(repository.index.id(entry));
}
