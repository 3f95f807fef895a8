/**
 * Bytes on their way from a source to chunks: filled at one end, cut at the other, in the very memory that the
 * chunker works on. What has been read and not cut moves to the front whenever that is little, so that mostly the same few
 * MiB are in use, and in the processor's cache.
 */
import type { Chunker } from "@tastic/chunker";

/** Bytes that are read at once, and that are moved rather than going on in memory that was not in use yet. */
const PIECE = 1 << 20;

export class ChunkBuffer {
  readonly #chunker: Chunker;
  #start = 0;
  #end = 0;
  /** No chunk from `#start` on ends before this. */
  #searched = 0;
  #ended = false;

  constructor(chunker: Chunker) {
    this.#chunker = chunker;
  }

  /** Forgets everything: the next byte begins a new file. */
  reset(): void {
    this.#start = 0;
    this.#end = 0;
    this.#searched = 0;
    this.#ended = false;
  }

  /** Free memory to read into; never empty while `next` has nothing. */
  room(): Uint8Array {
    const { buffer } = this.#chunker;
    const waiting = this.#end - this.#start;
    if (this.#start > 0 && (waiting <= PIECE || buffer.length - this.#end < PIECE)) {
      buffer.copyWithin(0, this.#start, this.#end);
      this.#searched -= this.#start;
      this.#start = 0;
      this.#end = waiting;
    }
    return buffer.subarray(this.#end, this.#end + PIECE);
  }

  /** Memory for one chunk whose length is known, while nothing is being cut. */
  whole(length: number): Uint8Array {
    return this.#chunker.buffer.subarray(0, length);
  }

  /** Says that the first `length` bytes of the room were filled. */
  filled(length: number): void {
    this.#end += length;
  }

  /** Says that nothing follows. */
  end(): void {
    this.#ended = true;
  }

  /** The next chunk, valid until `room` is asked for; undefined when more bytes are needed, or none are left. */
  next(): Uint8Array | undefined {
    const { buffer, minSize, maxSize } = this.#chunker;
    const available = this.#end - this.#start;
    if (available === 0 || (!this.#ended && available <= minSize)) return undefined;
    const cut = this.#chunker.nextCut(this.#start, this.#end, this.#searched);
    if (cut === this.#end && !this.#ended && available < maxSize) {
      this.#searched = cut;
      return undefined;
    }
    const chunk = buffer.subarray(this.#start, cut);
    this.#start = cut;
    this.#searched = cut;
    return chunk;
  }
}
