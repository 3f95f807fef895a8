/** What node:crypto returns, as what our interfaces say it is. */

/** The same memory as a Uint8Array that is no Buffer, whose `slice` would not copy and whose `toString` decodes. */
export function plainBytes({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
