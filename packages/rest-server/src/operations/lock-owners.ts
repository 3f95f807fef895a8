/**
 * Who made which lock, where several accounts share a repository: one account must not remove another's, which would
 * let it prune under a running backup. Stale ones may go, so that `restic unlock` does what it is for.
 */
import type { StorageFile } from "@tastic/storage";
import type { Exchange } from "../http/exchange.js";

export interface LockOwners {
  /** Notes that this exchange's account makes a lock. */
  claim(exchange: Exchange, file: StorageFile): Promise<void>;
  /** Throws a refusal (403) where a lock of this age, in milliseconds, is not this account's to remove. */
  checkRemoval(exchange: Exchange, file: StorageFile, age: number): Promise<void>;
  /** The lock is gone. */
  forget(exchange: Exchange, file: StorageFile): Promise<void>;
}

/** Where a repository belongs to one account, or nobody logs in, there is nothing to tell apart. */
export const noLockOwners: LockOwners = {
  claim: () => Promise.resolve(),
  checkRemoval: () => Promise.resolve(),
  forget: () => Promise.resolve(),
};
