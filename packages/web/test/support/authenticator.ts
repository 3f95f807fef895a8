/** What an authenticator shows (TOTP: RFC 6238 over RFC 4226, SHA-1, six digits every 30 seconds). */
import { createHmac } from "node:crypto";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * @param secret in base32, with spaces or without
 * @param later so many codes after the one of now, or before it
 */
export function codeOf(secret: string, later: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const digest = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

function fromBase32(text: string): Uint8Array {
  const bits = text
    .replaceAll(" ", "")
    .replace(/./g, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0"));
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}
