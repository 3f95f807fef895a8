/** Bodies on their way out, in parts of a size that sockets like, and on their way in. */
import type { Head } from "./transport.js";

// Large enough that a part costs little beside its bytes, small enough that an abort is noticed soon, and that a line on
// which hardly anything moves is not taken for one on which nothing does.
const partSize = 256 * 1024;
// Below this, copying pieces together is cheaper than handing them over one by one.
const smallPiece = 64 * 1024;
// What is kept of an answer that is no success: enough for a message.
const keptOfErrors = 2048;
// What is taken of a body whose length nobody told; the same bound as `maximumLoadLength`.
const maximumUnknown = 1024 * 1024 * 1024;

/** The bytes of `pieces` in order: small ones joined, large ones cut, none copied that is large. */
export function* bodyParts(pieces: readonly Uint8Array[]): Generator<Uint8Array, void, undefined> {
  let small: Uint8Array[] = [];
  let smallLength = 0;
  for (const piece of pieces) {
    if (piece.length > 0 && piece.length < smallPiece) {
      small.push(piece);
      smallLength += piece.length;
      if (smallLength < smallPiece) continue;
    }
    if (small.length > 0) yield Buffer.concat(small, smallLength);
    small = [];
    smallLength = 0;
    if (piece.length < smallPiece) continue;
    for (let start = 0; start < piece.length; start += partSize) {
      yield piece.subarray(start, start + partSize);
    }
  }
  if (small.length > 0) yield Buffer.concat(small, smallLength);
}

/** How many bytes they are together. */
export function totalLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** Takes a body in as it arrives. */
export class BodyCollector {
  readonly #expected: number | undefined;
  readonly #success: boolean;
  #whole: Uint8Array<ArrayBuffer> | undefined;
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** @param hasBody false for the answer to HEAD, which states a length and sends nothing */
  constructor(head: Head, hasBody: boolean) {
    this.#expected = hasBody ? head.length : 0;
    this.#success = head.status >= 200 && head.status < 300;
    if (this.#success && this.#expected !== undefined) {
      // Not zeroed first, nor a part of Node's shared pool: every byte is overwritten, or none is returned.
      this.#whole = new Uint8Array(Buffer.allocUnsafeSlow(this.#expected).buffer);
    }
  }

  /** Throws where there is more than was announced. */
  add(chunk: Uint8Array): void {
    const start = this.#length;
    this.#length += chunk.length;
    if (!this.#success) {
      if (start < keptOfErrors) this.#chunks.push(Uint8Array.from(chunk.subarray(0, keptOfErrors - start)));
      return;
    }
    if (this.#length > (this.#expected ?? maximumUnknown)) {
      throw new Error(`the answer is longer than the ${this.#expected ?? maximumUnknown} bytes it may have`);
    }
    if (this.#whole === undefined) this.#chunks.push(chunk);
    else this.#whole.set(chunk, start);
  }

  /** The body. Throws where it is shorter than was announced. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#success && this.#expected !== undefined && this.#length !== this.#expected) {
      throw new Error(`the answer ended after ${this.#length} of ${this.#expected} bytes`);
    }
    if (this.#whole !== undefined) return this.#whole;
    const body = new Uint8Array(this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let offset = 0;
    for (const chunk of this.#chunks) {
      body.set(chunk, offset);
      offset += chunk.length;
    }
    return body;
  }
}
