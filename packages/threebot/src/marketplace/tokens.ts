/**
 * One-time tokens. A token is good for one name, because the name is part of what is hashed; only the hash is kept; and
 * whether it is right is found out in the same time for all of them.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { ThreebotName } from "../identity/names.js";
import type { ThreebotRecord } from "./record.js";

type Token = ThreebotRecord["tokens"][number];

/** So many of a name are remembered; the oldest go first. */
const maximumTokens = 20;
const day = 24 * 60 * 60_000;

/** 256 bits, in 43 characters. */
export function makeToken(): string {
  return randomBytes(32).toString("base64url");
}

export function hashToken(name: ThreebotName, token: string): string {
  return createHash("sha256").update(`3bot-token/1\n${name}\n${token}`).digest("hex");
}

/** The tokens of a record with one more. */
export function withToken(tokens: readonly Token[], hash: string, now: number, days: number): Token[] {
  const issued = new Date(now).toISOString();
  const expires = new Date(now + days * day).toISOString();
  return [...tokens, { hash, issued, expires }].slice(-maximumTokens);
}

export function findToken(tokens: readonly Token[], hash: string): Token | undefined {
  const wanted = Buffer.from(hash, "hex");
  let found: Token | undefined;
  // All of them, so that the time does not tell which.
  for (const token of tokens) {
    const given = Buffer.from(token.hash, "hex");
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) found = token;
  }
  return found;
}

export function isExpired(token: Token, now: number): boolean {
  return Date.parse(token.expires) <= now;
}

export function spend(tokens: readonly Token[], hash: string | undefined, time: string): Token[] {
  return tokens.map((token) => (token.hash === hash ? { ...token, spent: token.spent ?? time } : token));
}
