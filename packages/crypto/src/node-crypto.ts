/** The provider for Node: AES, SHA-256 and scrypt of node:crypto, and Poly1305 in WebAssembly. */
import * as crypto from "node:crypto";
import { NodeSealer } from "./node-sealer.js";
import { plainBytes } from "./plain-bytes.js";
import type { CryptoProvider } from "./provider.js";
import { scryptMemory, type ScryptParams } from "./scrypt-params.js";

function scrypt(
  password: Uint8Array,
  salt: Uint8Array,
  { N, r, p }: ScryptParams,
  length: number,
): Promise<Uint8Array> {
  // Node's own limit is 32 MiB, and OpenSSL counts a little more than the tables.
  const maxmem = scryptMemory({ N, r, p }) + 65536;
  return new Promise((resolve, reject) => {
    crypto.scrypt(password, salt, length, { N, r, p, maxmem }, (error, key) => {
      if (error) reject(error);
      else resolve(plainBytes(key));
    });
  });
}

export const nodeCrypto: CryptoProvider = {
  name: "node",
  // One-shot `hash` costs about half of what a Hash object does.
  sha256: (data) => plainBytes(crypto.hash("sha256", data, "buffer")),
  sha256Hex: (data) => crypto.hash("sha256", data, "hex"),
  createHash: () => {
    const hash = crypto.createHash("sha256");
    return {
      update: (data) => {
        hash.update(data);
      },
      digest: () => plainBytes(hash.digest()),
    };
  },
  randomBytes: (n) => crypto.randomFillSync(new Uint8Array(n)),
  createSealer: (key) => new NodeSealer(key),
  scrypt,
};
