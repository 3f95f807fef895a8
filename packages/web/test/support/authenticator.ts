/** What an authenticator shows (TOTP: RFC 6238 over RFC 4226, SHA-1, six digits every 30 seconds). */
import { createHmac } from "node:crypto";
import { setTimeout } from "node:timers/promises";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Milliseconds that a code is shown for. */
const step = 30_000;

/**
 * The code before the one of now, that of now, and the next. The one of now stays for half of its time at least when
 * this returns: a service that takes a code of the step before, too, has so long for the first of them.
 * @param secret in base32, with spaces or without
 */
export async function codesAround(
  secret: string,
): Promise<readonly [before: string, now: string, next: string]> {
  const passed = Date.now() % step;
  if (passed > step / 2) await setTimeout(step - passed);
  const now = Math.floor(Date.now() / step);
  return [codeOf(secret, now - 1), codeOf(secret, now), codeOf(secret, now + 1)];
}

function codeOf(secret: string, count: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(count));
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
