/** Pieces of content as one array. */

/** A copy of the bytes, in order, on an `ArrayBuffer` of its own. */
export function joinBytes(content: Uint8Array | readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const pieces = content instanceof Uint8Array ? [content] : content;
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
