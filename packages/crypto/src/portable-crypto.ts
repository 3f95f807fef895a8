/** The provider for every runtime: plain JavaScript, no module of Node's. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import scryptJs from "scrypt-js";
import { portableRandomBytes } from "./portable-random.js";
import { PortableSealer } from "./portable-sealer.js";
import type { CryptoProvider } from "./provider.js";

export const portableCrypto: CryptoProvider = {
  name: "portable",
  sha256: (data) => sha256(data),
  sha256Hex: (data) => bytesToHex(sha256(data)),
  createHash: () => {
    const hash = sha256.create();
    return {
      update: (data) => {
        hash.update(data);
      },
      digest: () => hash.digest(),
    };
  },
  randomBytes: portableRandomBytes,
  createSealer: (key) => new PortableSealer(key),
  // It works in slices and lets the event loop run between them.
  scrypt: (password, salt, { N, r, p }, length) => scryptJs.scrypt(password, salt, N, r, p, length),
};
