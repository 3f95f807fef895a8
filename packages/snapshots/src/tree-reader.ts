/**
 * Loading the trees of a snapshot a few ahead of whoever walks through them.
 */
import { idFromBytes, iterateTree } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import type { Repository } from "@tastic/repository";

/** Trees that may wait to be walked through: bounds the memory. */
const AHEAD_PER_CONNECTION = 4;
/** The same while there is nothing else to do, in bytes. */
const MOST_AHEAD = 4 << 20;

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
    if (this.#waiting.size < this.#ahead) void this.#begin(id);
  }

  /** Loads a tree and what is below it, level by level, until `event`, or until there are enough. Never rejects. */
  async loadUntil(event: Promise<void>, root: BlobId): Promise<void> {
    let isOver = false;
    const end = (): void => void (isOver = true);
    void event.then(end, end);
    const ids = [root];
    for (let i = 0, bytes = 0; i < ids.length && bytes < MOST_AHEAD && !isOver; i++) {
      const [tree] = ids.slice(i, i + this.#ahead).map((id) => this.#begin(id));
      try {
        const plaintext = (await tree) ?? new Uint8Array();
        bytes += plaintext.length;
        for (const { subtree } of iterateTree(plaintext, "a tree")) if (subtree) ids.push(subtree);
      } catch {
        // Whoever asks for the tree learns what is wrong with it.
      }
    }
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

  #begin(id: BlobId): Promise<Uint8Array> {
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) return waiting;
    const loading = this.#load(id);
    // Whoever asks for it gets the error; if nobody does, nobody misses the tree.
    loading.catch(() => undefined);
    this.#waiting.set(id, loading);
    return loading;
  }

  #load(id: BlobId): Promise<Uint8Array> {
    return this.#repository.loadBlob("tree", id, this.#signal);
  }
}

/** The id of an entry of the blob index, as a blob's. */
export function blobIdOf(repository: Repository, entry: number): BlobId {
  return idFromBytes(repository.index.id(entry));
}
