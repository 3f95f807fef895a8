/** The header of a zstd frame (RFC 8878, 3.1.1.1), as far as the size of its content. */

const magic = 0xfd2fb528;

/** No frame unpacks to more than this many times its length: 128 KiB from a block of four bytes (3.1.1.2). */
export const greatestRatio = (128 << 10) / 4;

/** The content size that the frame declares; undefined if it declares none, or is no frame. */
export function contentSizeOf(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (view.byteLength < 6 || view.getUint32(0, true) !== magic) return undefined;
  const descriptor = view.getUint8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const size = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const at = 5 + (singleSegment ? 0 : 1) + dictionary;
  if (size === 0 || at + size > view.byteLength) return undefined;
  if (size === 1) return view.getUint8(at);
  // Two bytes hold the sizes from 256 on.
  if (size === 2) return view.getUint16(at, true) + 256;
  if (size === 4) return view.getUint32(at, true);
  return Number(view.getBigUint64(at, true));
}
