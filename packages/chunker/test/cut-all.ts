// Drives a chunker over input of any length, as a reader of files does.
import type { Chunker } from "@tastic/chunker";

/** The lengths of all chunks of `input`, in order. What is left of a full buffer moves to its start. */
export function cutAll(chunker: Chunker, input: Uint8Array): number[] {
  const { buffer, maxSize } = chunker;
  const lengths: number[] = [];
  let start = 0;
  let end = 0;
  for (let read = 0; read < input.length || start < end;) {
    if (end - start < maxSize && read < input.length) {
      buffer.copyWithin(0, start, end);
      end -= start;
      start = 0;
      const piece = input.subarray(read, read + buffer.length - end);
      buffer.set(piece, end);
      end += piece.length;
      read += piece.length;
    }
    const cut = chunker.nextCut(start, end);
    lengths.push(cut - start);
    start = cut;
  }
  return lengths;
}

/** Splits `input` into pieces of these lengths. */
export function pieces(input: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  let start = 0;
  return lengths.map((length) => input.subarray(start, (start += length)));
}
