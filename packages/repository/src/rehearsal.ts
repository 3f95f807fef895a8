/**
 * What every command does as soon as the password fits, done once on nothing: checking a polynomial, compressing,
 * sealing, opening, decompressing. While a password is tried this thread has nothing else to do, and by the time that one fits,
 * WebAssembly is compiled, memory allocated and OpenSSL set up.
 */
import type { CryptoProvider } from "@tastic/crypto";
import { generateMasterKey } from "@tastic/crypto";
import { decodeUnpacked, encodeUnpacked } from "@tastic/format";
import type { ZstdContext } from "@tastic/zstd";
import { checkPolynomial } from "./config-file.js";

/** Any would do; this one is from the documentation of restic's chunker. */
const POLYNOMIAL = "3da3358b4dc173";
/** Of the length and kind of a lock's. */
const JSON_LIKE = Buffer.from(
  JSON.stringify({
    time: "2000-01-01T00:00:00Z",
    exclusive: false,
    hostname: "rehearsal",
    username: "nobody",
  }),
);

let isRehearsed = false;

/** Takes some milliseconds the first time, and nothing later. Asynchronous only in that it rejects rather than throws. */
export async function rehearse(crypto: CryptoProvider, zstd: ZstdContext): Promise<void> {
  if (isRehearsed) return;
  isRehearsed = true;
  const sealer = crypto.createSealer(generateMasterKey(crypto));
  const what = "a rehearsal";
  const opened = sealer.open(sealer.seal(encodeUnpacked(2, JSON_LIKE, zstd)), what);
  decodeUnpacked(opened, zstd, what, JSON_LIKE.length);
  checkPolynomial(POLYNOMIAL);
}
