// What several tests share: hexadecimal, the providers, a key, and an error's code.
import { nodeCrypto, type CryptoProvider, type MasterKey } from "@tastic/crypto";
import { portableCrypto } from "@tastic/crypto/portable";
import { isTasticError } from "@tastic/errors";

export const providers: CryptoProvider[] = [nodeCrypto, portableCrypto];

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
export const fromBase64 = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, "base64"));
export const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

export const someKey: MasterKey = {
  encrypt: Uint8Array.from({ length: 32 }, (_, i) => i + 1),
  macK: Uint8Array.from({ length: 16 }, (_, i) => 100 + i),
  macR: Uint8Array.from({ length: 16 }, (_, i) => 255 - i),
};

/** The code of the TasticError that `action` throws, or what else happened. */
export function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return isTasticError(error) ? error.code : `not a TasticError: ${String(error)}`;
  }
  return "nothing was thrown";
}
