/**
 * From a password to the key that seals a key file's master key (restic's design document, "Keys, Encryption and
 * MAC"): 64 bytes of scrypt, cut into the AES key, k and r.
 */
import { MASTER_KEY_SIZE, splitMasterKey, type MasterKey } from "./master-key.js";
import type { CryptoProvider } from "./provider.js";
import { checkScryptParams, type ScryptParams } from "./scrypt-params.js";

/**
 * Derives a key. A password given as a string is taken as UTF-8, exactly as it is: no trimming, no normalization.
 * @throws TasticError `invalid-key` for parameters beyond `checkScryptParams`.
 */
export async function deriveKey(
  provider: CryptoProvider,
  password: string | Uint8Array,
  salt: Uint8Array,
  params: ScryptParams,
): Promise<MasterKey> {
  checkScryptParams(params, "key");
  const secret = typeof password === "string" ? new TextEncoder().encode(password) : password;
  return splitMasterKey(await provider.scrypt(secret, salt, params, MASTER_KEY_SIZE));
}
