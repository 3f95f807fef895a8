/**
 * Bytes on their way from a source to chunks: filled at one end, cut at the other, in the very memory that the
 * chunker works on, so that a byte is copied only when a chunk would run over the end of the buffer.
 */
import type { Chunker } from "@tastic/chunker";

export class ChunkBuffer {
  readonly #chunker: Chunker;
  #start = 0;
  #end = 0;
  #ended = false;

  constructor(chunker: Chunker) {
    this.#chunker = chunker;
  }

  /** Forgets everything: the next byte begins a new file. */
  reset(): void {
    this.#start = 0;
    this.#end = 0;
    this.#ended = false;
  }

  /** Free memory to read into; never empty while `next` has nothing. */
  room(): Uint8Array {
    const { buffer, maxSize } = this.#chunker;
    if (buffer.length - this.#start < maxSize || this.#end === buffer.length) {
      buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    return buffer.subarray(this.#end);
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
    const { buffer, maxSize } = this.#chunker;
    const available = this.#end - this.#start;
    if (available === 0 || (!this.#ended && available < maxSize)) return undefined;
    const cut = this.#chunker.nextCut(this.#start, this.#end);
    const chunk = buffer.subarray(this.#start, cut);
    this.#start = cut;
    return chunk;
  }
}
