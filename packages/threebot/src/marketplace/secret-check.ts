/**
 * Is this the login secret of a 3Bot? Whatever is wrong, the answer is the same and takes as long, so that nobody learns
 * which names there are; and who guesses is slowed down, by address and name, and by address alone.
 */
import { isTasticError, TasticError } from "@tastic/errors";
import { LoginThrottle, type Passwords, type ThrottleOptions } from "@tastic/rest-server";

export interface SecretCheckOptions {
  readonly passwords: Passwords;
  readonly throttle: ThrottleOptions;
  readonly now: () => number;
}

/** No refusal comes sooner, in milliseconds of real time. */
const slowestRefusal = 300;
/** bcrypt of nothing that anybody knows, for names that do not exist. */
const nobodysHash = "$2y$10$cjftmJBhEv66rub3dcImu.s/tME0zItj04nDCvuTCoEKSQf2gTNZ6";

export class SecretCheck {
  readonly #throttle: LoginThrottle;
  readonly #passwords: Passwords;
  readonly #now: () => number;

  constructor({ passwords, throttle, now }: SecretCheckOptions) {
    this.#passwords = passwords;
    this.#throttle = new LoginThrottle(throttle);
    this.#now = now;
  }

  /**
   * Does what asks for a secret or a token. Each try counts until it was right; refusals take their time.
   * @throws TasticError limit-exceeded, with `retryAfter` in seconds, and what `work` throws
   */
  async attempt<T>(address: string, name: string, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const wait = this.#throttle.begin(address, name, this.#now());
    if (wait > 0) {
      const retryAfter = Math.ceil(wait / 1000);
      throw new TasticError("limit-exceeded", "too many tries that were wrong", {
        guidance: `Try again in ${retryAfter} seconds.`,
        data: { retryAfter },
      });
    }
    try {
      const result = await work();
      this.#throttle.succeeded(address, name, this.#now());
      return result;
    } catch (error) {
      // That a server was down is nobody's guess.
      if (!isTasticError(error, "wrong-password") && !isTasticError(error, "access-denied")) {
        this.#throttle.succeeded(address, name, this.#now());
        throw error;
      }
      const left = slowestRefusal - (performance.now() - begun);
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
      throw error;
    }
  }

  /** Compares, also where there is nothing to compare with. */
  async same(secret: string, hash: string | undefined): Promise<boolean> {
    const same = await this.#passwords.same(secret, hash ?? nobodysHash);
    return same && hash !== undefined;
  }

  hash(secret: string): Promise<string> {
    return this.#passwords.hash(secret);
  }
}
