/** Hashing and comparing passwords, bcrypt on a thread that is there while it has work, `{SHA}` of old htpasswd files here. */
import { createHash, timingSafeEqual } from "node:crypto";
import { Worker } from "node:worker_threads";
import { TasticError } from "@tastic/errors";
import { refusal } from "../http/refusal.js";

export interface PasswordQuestion {
  readonly id: number;
  readonly password: string;
  /** To compare with; a new hash is made if not given. */
  readonly hash?: string;
  readonly cost?: number;
}

export interface PasswordAnswer {
  readonly id: number;
  readonly same?: boolean;
  readonly hash?: string;
}

/** What htpasswd -B makes today takes less; 10 is bcrypt's own usual cost. */
const usualCost = 10;
/** More than so many waiting are turned away: somebody is guessing. */
const maximumWaiting = 200;
const idleMilliseconds = 20_000;
/** bcrypt looks at so many bytes of a password, and passes the rest over. */
export const maximumPasswordBytes = 72;

export class Passwords {
  readonly #waiting = new Map<
    number,
    { resolve(answer: PasswordAnswer): void; reject(error: Error): void }
  >();
  readonly #cost: number;
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;

  /** @param options.cost the logarithm of bcrypt's rounds, for new hashes: less than 10 is for tests alone */
  constructor({ cost = usualCost }: { readonly cost?: number } = {}) {
    this.#cost = cost;
  }

  /** A hash for htpasswd files and accounts. @throws TasticError invalid-argument */
  async hash(password: string): Promise<string> {
    if (password === "" || Buffer.byteLength(password) > maximumPasswordBytes) {
      throw new TasticError("invalid-argument", `a password has 1 to ${maximumPasswordBytes} bytes`);
    }
    const { hash } = await this.#ask({ password, cost: this.#cost });
    if (hash === undefined) throw new TasticError("internal", "no hash was made");
    // The same algorithm under the name that htpasswd gives it.
    return hash.replace(/^\$2b\$/, "$2y$");
  }

  /** Is this the password of the hash, `$2a$`, `$2b$`, `$2y$` or `{SHA}`? False for other hashes. */
  async same(password: string, hash: string): Promise<boolean> {
    if (hash.startsWith("{SHA}")) {
      const [a, b] = [createHash("sha1").update(password).digest(), Buffer.from(hash.slice(5), "base64")];
      return a.length === b.length && timingSafeEqual(a, b);
    }
    if (!/^\$2[aby]\$/.test(hash)) return false;
    return (await this.#ask({ password, hash })).same === true;
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #ask(question: Omit<PasswordQuestion, "id">): Promise<PasswordAnswer> {
    if (this.#waiting.size >= maximumWaiting) {
      throw refusal(429, "limit-exceeded", "too many logins at once", { headers: { "retry-after": "5" } });
    }
    const id = ++this.#lastId;
    const worker = (this.#worker ??= this.#start());
    clearTimeout(this.#idle);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, ...question });
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL("./password-worker.js", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
    });
    const fail = (error: Error): void => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const waiting of this.#waiting.values()) waiting.reject(error);
      this.#waiting.clear();
    };
    worker.on("error", (error: unknown) => fail(error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", () => {
      if (this.#worker === worker) fail(new TasticError("internal", "the thread for passwords has ended"));
    });
    worker.on("message", (answer: PasswordAnswer) => {
      this.#waiting.get(answer.id)?.resolve(answer);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size > 0) return;
      // A process that has nothing else to do may end.
      worker.unref();
      this.#idle = setTimeout(() => void this.close(), idleMilliseconds).unref();
    });
    return worker;
  }
}
