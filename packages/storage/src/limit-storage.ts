/** A storage that sends and receives no faster than it may, over all operations together. */
import { throwIfCancelled } from "./cancellation.js";
import type { Clock } from "./clock.js";
import { describeFile } from "./layout.js";
import type { OperationOptions, Storage } from "./storage.js";
import { TokenBucket } from "./token-bucket.js";

export interface LimitOptions {
  /** Bytes a second; no limit if not given. */
  readonly upload?: number | undefined;
  readonly download?: number | undefined;
  readonly clock?: Clock;
}

/**
 * `inner` within limits. A storage that tells of its traffic is slowed down while it sends and receives; after an
 * operation of one that does not, the next has to wait.
 */
export function createLimitStorage(inner: Storage, options: LimitOptions): Storage {
  const bucketFor = (rate: number | undefined): TokenBucket | undefined =>
    rate === undefined ? undefined : new TokenBucket(rate, options.clock);
  const buckets = { upload: bucketFor(options.upload), download: bucketFor(options.download) };

  const limited = (given: OperationOptions | undefined) => {
    const signal = given?.signal;
    const counted = { upload: 0, download: 0 };
    const take = (direction: "upload" | "download") => (bytes: number) => {
      counted[direction] += bytes;
      const told = given?.traffic?.[direction](bytes);
      const paid = bytes > 0 ? buckets[direction]?.take(bytes, signal) : undefined;
      return told === undefined ? paid : told.then(() => paid);
    };
    const limits: OperationOptions = {
      ...given,
      traffic: { upload: take("upload"), download: take("download") },
    };
    /** Takes what the storage has not told of. */
    const settle = async (direction: "upload" | "download", bytes: number): Promise<void> => {
      const rest = bytes - counted[direction];
      if (rest > 0) await buckets[direction]?.take(rest, signal);
    };
    return { limits, settle };
  };

  return {
    location: inner.location,
    connections: inner.connections,
    prepare: () => inner.prepare(),
    async save(file, content, given) {
      const { limits, settle } = limited(given);
      const length = lengthOf(content);
      await inner.save(file, content, limits);
      // An abort ends this wait and no more: the object is there.
      await settle("upload", length);
    },
    async load(file, range, given) {
      const { limits, settle } = limited(given);
      const bytes = await inner.load(file, range, limits);
      await settle("download", bytes.length);
      throwIfCancelled(given?.signal, `loading ${describeFile(file)}`);
      return bytes;
    },
    stat: (file, given) => inner.stat(file, given),
    list: (type, given) => inner.list(type, given),
    remove: (file, given) => inner.remove(file, given),
    close: () => inner.close(),
  };
}

function lengthOf(content: Uint8Array | readonly Uint8Array[]): number {
  return content instanceof Uint8Array
    ? content.length
    : content.reduce((sum, piece) => sum + piece.length, 0);
}
