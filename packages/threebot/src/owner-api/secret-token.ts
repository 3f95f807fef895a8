/** Secrets that the service itself hands out: 256 random bits, of which it keeps only the hash. */
import { createHash, randomBytes } from "node:crypto";

/** 43 characters of base64url. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** What a secret is kept as; 256 bits cannot be guessed, so a fast hash is enough. */
export function hashOfSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** By which a session or token is spoken of; says nothing of its secret. */
export function newRecordId(): string {
  return randomBytes(8).toString("hex");
}
