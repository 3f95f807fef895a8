/** Tokens for programs: shown once, kept as a hash, good until they are revoked. */
import { TasticError } from "@tastic/errors";
import type { DocumentStore } from "@tastic/rest-server";
import * as v from "valibot";
import { Records } from "../state/records.js";
import { hashOfSecret, newRecordId, newSecret } from "./secret-token.js";

const record = v.object({
  id: v.string(),
  name: v.string(),
  /** Milliseconds since 1970. */
  created: v.number(),
  used: v.optional(v.number()),
});

export type Token = v.InferOutput<typeof record>;

export interface TokensOptions {
  readonly documents: DocumentStore;
  readonly now: () => number;
}

/** Says where a token that was found somewhere belongs. */
const prefix = "3bot_";
const shape = /^3bot_[\w-]{43,}$/;
const maximumTokens = 100;
/** That one was used is written down no more often than this. */
const pause = 60 * 60_000;

export class Tokens {
  readonly #records: Records<typeof record>;
  readonly #now: () => number;

  constructor({ documents, now }: TokensOptions) {
    this.#records = new Records(documents, "access-tokens", record);
    this.#now = now;
  }

  /** Returns the token, which nobody can read again. */
  async make(name: string): Promise<{ readonly token: string; readonly id: string }> {
    if ((await this.list()).length >= maximumTokens)
      throw new TasticError("limit-exceeded", `there are ${maximumTokens} tokens already`, {
        guidance: "Revoke those that nothing uses.",
      });
    const token = prefix + newSecret();
    return { token, id: await this.adopt(name, token) };
  }

  /** Lets a token in that was made elsewhere, such as by whoever starts a 3Bot. Returns its id. */
  async adopt(name: string, token: string): Promise<string> {
    if (!shape.test(token)) throw new TasticError("invalid-argument", "this is no token of 256 bits");
    const made = { id: newRecordId(), name, created: this.#now() };
    return (await this.#records.update(hashOfSecret(token), (old) => old ?? made)).id;
  }

  async find(token: string): Promise<Token | undefined> {
    if (!token.startsWith(prefix)) return undefined;
    const hash = hashOfSecret(token);
    const found = await this.#records.read(hash);
    if (found === undefined || this.#now() - (found.used ?? 0) < pause) return found;
    try {
      return await this.#records.update(hash, (old) => {
        // Revoked since by another request: writing it would bring it back.
        if (old === undefined) throw new TokenRevoked();
        return { ...old, used: this.#now() };
      });
    } catch (error) {
      if (error instanceof TokenRevoked) return undefined;
      throw error;
    }
  }

  /** Oldest first. */
  async list(): Promise<Token[]> {
    const tokens: Token[] = [];
    for await (const token of this.#records) tokens.push(token);
    return tokens.sort((a, b) => a.created - b.created);
  }

  /** @returns the one that is gone, or undefined if there was none of this id */
  async revoke(id: string): Promise<Token | undefined> {
    for await (const hash of this.#records.names()) {
      const token = await this.#records.read(hash);
      if (token?.id !== id) continue;
      await this.#records.remove(hash);
      return token;
    }
    return undefined;
  }
}

class TokenRevoked extends Error {}
