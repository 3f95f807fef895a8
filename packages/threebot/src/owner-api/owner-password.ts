/**
 * The password with which the owner logs in at the page: kept as its scrypt hash (RFC 7914), and tried at the same cost
 * whether there is one or not. It has nothing to do with the passwords of backups.
 */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { TasticError } from "@tastic/errors";
import type { DocumentStore } from "@tastic/rest-server";
import * as v from "valibot";
import { Records } from "../state/records.js";

const record = v.object({
  /** Base64 of 16 and 32 bytes. */
  salt: v.string(),
  hash: v.string(),
  /** The logarithm of scrypt's N; r is 8, p is 1. */
  cost: v.pipe(v.number(), v.integer(), v.minValue(10), v.maxValue(20)),
});

type Hash = v.InferOutput<typeof record>;

const minimumLength = 12;
const maximumLength = 1_024;
const name = "password";
/** 128 MiB each: more at once would take the service's memory. */
const maximumWaiting = 20;

export interface OwnerPasswordOptions {
  readonly documents: DocumentStore;
  /** The logarithm of scrypt's N for new hashes: 17 is 128 MiB and about half a second. */
  readonly cost?: number;
}

export class OwnerPassword {
  readonly #records: Records<typeof record>;
  readonly #cost: number;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor({ documents, cost = 17 }: OwnerPasswordOptions) {
    this.#records = new Records(documents, "access", record);
    this.#cost = cost;
  }

  async isSet(): Promise<boolean> {
    return (await this.#records.read(name)) !== undefined;
  }

  /** Makes the first one. @throws TasticError already-exists */
  async setFirst(password: string): Promise<void> {
    const made = await this.#hashOf(password);
    await this.#records.update(name, (old) => {
      if (old !== undefined) throw new TasticError("already-exists", "there is a password already");
      return made;
    });
  }

  /** Sets another one in the place of whatever was there. */
  async change(password: string): Promise<void> {
    const made = await this.#hashOf(password);
    await this.#records.update(name, () => made);
  }

  /** Is this it? Takes as long if there is none. */
  async matches(password: string): Promise<boolean> {
    const known = await this.#records.read(name);
    const { salt, hash, cost } = known ?? {
      salt: randomBytes(16).toString("base64"),
      hash: randomBytes(32).toString("base64"),
      cost: this.#cost,
    };
    const tried = await this.#scrypt(password, Buffer.from(salt, "base64"), cost);
    const wanted = Buffer.from(hash, "base64");
    return wanted.length === tried.length && timingSafeEqual(wanted, tried) && known !== undefined;
  }

  async #hashOf(password: string): Promise<Hash> {
    const salt = randomBytes(16);
    const hash = await this.#scrypt(password, salt, this.#cost);
    return { salt: salt.toString("base64"), hash: hash.toString("base64"), cost: this.#cost };
  }

  /** One after the other. @throws TasticError limit-exceeded */
  #scrypt(password: string, salt: Buffer, cost: number): Promise<Buffer> {
    if (this.#waiting >= maximumWaiting)
      throw new TasticError("limit-exceeded", "too many logins at once", {
        guidance: "Try again in a moment.",
      });
    this.#waiting++;
    const done = this.#turn.then(() => hashed(password, salt, cost)).finally(() => this.#waiting--);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** For a password that a person makes up. @throws TasticError invalid-argument */
export function checkNewPassword(password: string): void {
  if (password.length >= minimumLength && password.length <= maximumLength) return;
  throw new TasticError("invalid-argument", `a password has at least ${minimumLength} characters`, {
    guidance: "Four words that have nothing to do with each other make a good one.",
  });
}

function hashed(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  const options = { N: 2 ** cost, r: 8, p: 1, maxmem: 2 ** cost * 1_024 + 2 ** 22 };
  return new Promise((resolve, reject) => {
    // The same password typed on another system may come in another form of Unicode.
    scrypt(password.normalize("NFKC"), salt, 32, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
