/**
 * Reading parts of a snapshot's files, such as a player asks for that winds a film forward: only the blobs that the part
 * lies in are loaded, few ahead of whoever takes the bytes.
 */
import { createHash } from "node:crypto";
import { TasticError } from "@tastic/errors";
import { shortId } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { throwIfCancelled } from "../cancellation.js";
import { blobSize } from "../file-content.js";
import { ByteCache } from "./byte-cache.js";

/** Plaintext that is kept for the next who asks, in bytes. */
const MAX_KEPT = 32 << 20;
/** Positions of blobs that are kept: those of a file of a terabyte fit. */
const MAX_POSITIONS = 16 << 20;
/** How many blobs are on their way while one is taken. */
const AHEAD = 2;

export class FileReader {
  readonly #repository: Repository;
  readonly #signal: AbortSignal;
  readonly #blobs = new ByteCache<Uint8Array>(MAX_KEPT, ({ length }) => length);
  readonly #positions = new ByteCache<Float64Array>(MAX_POSITIONS, ({ byteLength }) => byteLength);

  /** @param signal ends all loading: what is loaded may be for several who ask */
  constructor(repository: Repository, signal: AbortSignal) {
    this.#repository = repository;
    this.#signal = signal;
  }

  /**
   * Makes sure that all blobs of a file are in the index, so that nobody is promised what cannot be read.
   * @throws TasticError blob-not-found
   */
  async check(file: Node): Promise<void> {
    await this.#positionsOf(file);
  }

  /**
   * The bytes of a file from `start` up to, not including, `end`. What is handed out belongs to others as well, and must
   * not be changed.
   * @throws TasticError blob-not-found, those of damaged packs and of the store
   */
  async *read(
    file: Node,
    start: number,
    end: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const content = file.content ?? [];
    const positions = await this.#positionsOf(file);
    const last = end <= start ? -1 : lastAtOrBefore(positions, end - 1);
    const waiting: Promise<Uint8Array>[] = [];
    let next = lastAtOrBefore(positions, start);
    for (let current = next; current <= last; current++) {
      for (; next <= last && next <= current + AHEAD; next++) waiting.push(this.#load(content[next]!));
      throwIfCancelled(signal, "reading the file");
      const blob = await waiting.shift()!;
      throwIfCancelled(signal, "reading the file");
      const begins = positions[current] ?? 0;
      yield blob.subarray(Math.max(0, start - begins), Math.min(blob.length, end - begins));
    }
  }

  #load(id: BlobId): Promise<Uint8Array> {
    const blob = this.#blobs.get(id, () => this.#repository.loadBlob("data", id, this.#signal));
    // Its error is raised when its turn comes.
    blob.catch(() => undefined);
    return blob;
  }

  /** Where each blob of the file begins, and where the last one ends. */
  #positionsOf(file: Node): Promise<Float64Array> {
    return this.#positions.get(contentTag(file), () => Promise.resolve().then(() => this.#measure(file)));
  }

  #measure(file: Node): Float64Array {
    const content = file.content ?? [];
    const positions = new Float64Array(content.length + 1);
    let position = 0;
    for (const [i, id] of content.entries()) {
      const size = blobSize(this.#repository, id);
      if (size === undefined) {
        throw new TasticError("blob-not-found", `data blob ${shortId(id)} is in no index of the repository`, {
          guidance: "Run `check`; if packs are there that no index lists, `repair index` finds them again.",
          data: { id },
        });
      }
      positions[i] = position;
      position += size;
    }
    positions[content.length] = position;
    return positions;
  }
}

/** The same for the same content, wherever it is: 32 hex digits. */
export function contentTag({ content }: Node): string {
  const hash = createHash("sha256");
  for (const id of content ?? []) hash.update(id);
  return hash.digest("hex").slice(0, 32);
}

/** The last of ascending positions, without the end, that is not after `offset`. Of empty blobs, the last. */
function lastAtOrBefore(positions: Float64Array, offset: number): number {
  let low = 0;
  let high = positions.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((positions[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low;
}
