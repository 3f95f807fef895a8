/**
 * HTTP's basic authentication (RFC 7617) against accounts and htpasswd files. Whatever is wrong, the answer is the same
 * and takes as long: nobody learns whether a name exists.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { BoundedMap } from "../bounded-map.js";
import { refusal } from "../http/refusal.js";
import { isLoginName, unauthorized, type Authenticator, type Identity } from "./identity.js";
import type { LoginThrottle } from "./login-throttle.js";
import type { Passwords } from "./passwords.js";

/** What is known of a name that can log in. */
export interface Credential {
  readonly hash: string;
  readonly identity: Identity;
  readonly suspended: boolean;
}

export interface BasicAuthenticationOptions {
  readonly find: (name: string) => Promise<Credential | undefined>;
  readonly passwords: Passwords;
  readonly throttle: LoginThrottle;
  readonly addressOf: (request: IncomingMessage) => string;
  /** Is told of wrong passwords. */
  readonly failed?: (name: string, address: string) => void;
}

/** So long, in milliseconds, a password that was right is not hashed again. */
const rememberMilliseconds = 5 * 60_000;
const maximumRemembered = 10_000;
/** No wrong password is answered sooner, so that hashes of different costs are not told apart. */
const failureMilliseconds = 300;
/** bcrypt of nothing that anybody knows, for names that do not exist. */
const nobodysHash = "$2y$10$56rUPexk3g8aIeBBm//s8erC6c0TTarGGpwkaPIIRTJyBZQLJEwhy";

export class BasicAuthentication implements Authenticator {
  readonly #options: BasicAuthenticationOptions;
  readonly #secret = randomBytes(32);
  /** Right ones, until when; and those that are being hashed. Keys do not tell the password. */
  readonly #remembered = new BoundedMap<string, number>(maximumRemembered);
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(options: BasicAuthenticationOptions) {
    this.#options = options;
  }

  async identify(request: IncomingMessage): Promise<Identity> {
    const given = parseBasic(request.headers.authorization);
    if (given === undefined) throw unauthorized();
    const { name, password } = given;
    const credential = isLoginName(name) ? await this.#options.find(name) : undefined;
    const key = this.#keyOf(name, password, credential?.hash ?? "");
    if (!this.#isRemembered(key)) await this.#check(request, name, password, credential, key);
    if (credential === undefined) throw unauthorized();
    // Only somebody who has the password is told.
    if (credential.suspended) {
      throw refusal(403, "access-denied", `the account ${name} is suspended`, {
        text: "this account is suspended",
      });
    }
    return credential.identity;
  }

  async #check(
    request: IncomingMessage,
    name: string,
    password: string,
    credential: Credential | undefined,
    key: string,
  ): Promise<void> {
    const { throttle, addressOf, failed } = this.#options;
    const address = addressOf(request);
    const begun = performance.now();
    // A client that opens many connections at once asks the same many times: that is one question, and one try.
    let running = this.#running.get(key);
    if (running === undefined) {
      const wait = throttle.begin(address, name, begun);
      if (wait > 0) {
        throw refusal(429, "access-denied", `too many wrong passwords from ${address}`, {
          headers: { "retry-after": String(Math.ceil(wait / 1000)) },
        });
      }
      running = this.#compare(password, credential).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    if (await running) {
      this.#remember(key);
      throttle.succeeded(address, name, performance.now());
      return;
    }
    failed?.(isLoginName(name) ? name : "", address);
    const left = failureMilliseconds - (performance.now() - begun);
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    throw unauthorized();
  }

  async #compare(password: string, credential: Credential | undefined): Promise<boolean> {
    const { passwords } = this.#options;
    const same = credential !== undefined && (await passwords.same(password, credential.hash));
    // A wrong password costs one bcrypt, also where there is no bcrypt to compare with.
    if (!same && !credential?.hash.startsWith("$2")) await passwords.same(password, nobodysHash);
    return same;
  }

  #keyOf(name: string, password: string, hash: string): string {
    return createHmac("sha256", this.#secret)
      .update(JSON.stringify([name, password, hash]))
      .digest("base64");
  }

  #isRemembered(key: string): boolean {
    const until = this.#remembered.get(key);
    if (until === undefined) return false;
    if (until > performance.now()) return true;
    this.#remembered.delete(key);
    return false;
  }

  #remember(key: string): void {
    this.#remembered.set(key, performance.now() + rememberMilliseconds);
  }
}

/** Name and password of an `Authorization` header. */
export function parseBasic(header: string | undefined): { name: string; password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon === -1 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
