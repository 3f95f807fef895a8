/**
 * Slowing down those who guess passwords. Only wrong ones count; by address and name, and by address alone. A name that
 * does not exist is counted like any other, so that nobody learns which do; and nobody can lock others out of a name.
 */
import { BoundedMap } from "../bounded-map.js";

interface Bucket {
  failures: number;
  since: number;
}

interface Limit {
  readonly failures: number;
  /** After so many milliseconds one failure is forgiven. */
  readonly forgiveness: number;
}

export interface ThrottleOptions {
  readonly perName?: Limit;
  readonly perAddress?: Limit;
}

const maximumBuckets = 20_000;

export class LoginThrottle {
  readonly #perName: Limit;
  readonly #perAddress: Limit;
  readonly #buckets = new BoundedMap<string, Bucket>(maximumBuckets);

  constructor({
    perName = { failures: 10, forgiveness: 6_000 },
    perAddress = { failures: 100, forgiveness: 1_000 },
  }: ThrottleOptions = {}) {
    this.#perName = perName;
    this.#perAddress = perAddress;
  }

  /** Counts a try. Returns in how many milliseconds the next one is due, or 0 where this one may go on. */
  begin(address: string, name: string, now: number): number {
    const [byName, byAddress] = this.#of(address, name, now);
    const wait = Math.max(waitOf(byName, this.#perName), waitOf(byAddress, this.#perAddress));
    if (wait > 0) return wait;
    // Counted before it is known to be wrong, so that many at once do not all get through.
    byName.failures++;
    byAddress.failures++;
    return 0;
  }

  /** The try that was begun was right. */
  succeeded(address: string, name: string, now: number): void {
    const [byName, byAddress] = this.#of(address, name, now);
    byName.failures = 0;
    byAddress.failures = Math.max(0, byAddress.failures - 1);
  }

  #of(address: string, name: string, now: number): [Bucket, Bucket] {
    return [
      this.#bucket(`${address}\n${name}`, this.#perName, now),
      this.#bucket(address, this.#perAddress, now),
    ];
  }

  #bucket(key: string, limit: Limit, now: number): Bucket {
    const bucket = this.#buckets.get(key) ?? { failures: 0, since: now };
    const forgiven = Math.floor((now - bucket.since) / limit.forgiveness);
    bucket.failures = Math.max(0, bucket.failures - forgiven);
    bucket.since += forgiven * limit.forgiveness;
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

function waitOf({ failures }: Bucket, limit: Limit): number {
  return failures < limit.failures ? 0 : (failures - limit.failures + 1) * limit.forgiveness;
}
