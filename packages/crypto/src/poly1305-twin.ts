/**
 * Poly1305 as RFC 8439 section 2.5.1 writes it, number by number: what tests hold the WebAssembly kernel against.
 * Slow, and not constant-time: nothing else uses it.
 */

const P = (1n << 130n) - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

function readLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

/** The tag, 16 bytes, of `message` under a one-time key of 32 bytes: r, clamped here, then s. */
export function poly1305Twin(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = readLittleEndian(key.subarray(0, 16)) & CLAMP;
  const s = readLittleEndian(key.subarray(16, 32));
  let accumulator = 0n;
  for (let i = 0; i < message.length; i += 16) {
    const block = message.subarray(i, i + 16);
    // A one right after the block's last byte.
    accumulator += readLittleEndian(block) + (1n << BigInt(8 * block.length));
    accumulator = (accumulator * r) % P;
  }
  const sum = accumulator + s;
  return Uint8Array.from({ length: 16 }, (_, i) => Number((sum >> BigInt(8 * i)) & 0xffn));
}
