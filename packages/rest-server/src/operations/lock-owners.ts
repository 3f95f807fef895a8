/**
 * Who made which lock, where several accounts share a repository: one account must not remove another's, which would
 * let it prune under a running backup. Stale ones may go, so that `restic unlock` does what it is for.
 */
import type { StorageFile } from "@tastic/storage";
import { updateDocument, type DocumentStore } from "../accounts/documents.js";
import type { Exchange } from "../http/exchange.js";
import { refusal } from "../http/refusal.js";

export interface LockOwners {
  /** Notes that this exchange's account makes a lock. */
  claim(exchange: Exchange, file: StorageFile): Promise<void>;
  /**
   * Throws a refusal (403) where a lock is not this account's to remove.
   * @param made when it was stored, in milliseconds since 1970; 0 where that is not known
   */
  checkRemoval(exchange: Exchange, file: StorageFile, made: number): Promise<void>;
  /** The lock is gone. */
  forget(exchange: Exchange, file: StorageFile): Promise<void>;
}

/** Where a repository belongs to one account, or nobody logs in, there is nothing to tell apart. */
export const noLockOwners: LockOwners = {
  claim: () => Promise.resolve(),
  checkRemoval: () => Promise.resolve(),
  forget: () => Promise.resolve(),
};

interface Owned {
  readonly account: string;
  readonly made: number;
}

/** One document for each repository, of the few locks that it has at a time. */
export function createLockOwners(documents: DocumentStore, staleAge: number, now: () => number): LockOwners {
  const nameOf = ({ path }: Exchange): string =>
    `locks/${Buffer.from(path.folders.join("/")).toString("base64url").slice(0, 190) || "root"}`;
  const change = (exchange: Exchange, edit: (owners: Record<string, Owned>) => void): Promise<unknown> =>
    updateDocument(documents, nameOf(exchange), (old) => {
      const owners = parse(old);
      for (const [name, { made }] of Object.entries(owners))
        if (now() - made > 2 * staleAge) delete owners[name];
      edit(owners);
      return JSON.stringify(owners);
    });
  return {
    async claim(exchange, { name }) {
      await change(exchange, (owners) => {
        owners[name] = { account: exchange.account, made: now() };
      });
    },
    async checkRemoval(exchange, { name }, made) {
      const stored = await documents.read(nameOf(exchange));
      const owner = parse(stored?.content)[name];
      // One of which nothing is known at all was made before there was a server.
      if (owner?.account === exchange.account || now() - (owner?.made ?? made) > staleAge) return;
      throw refusal(403, "access-denied", `the lock ${name} belongs to another account`, {
        text: "this lock belongs to another account, and is not stale",
      });
    },
    async forget(exchange, { name }) {
      await change(exchange, (owners) => {
        delete owners[name];
      });
    },
  };
}

function parse(content: string | undefined): Record<string, Owned> {
  return Object.assign(Object.create(null), content === undefined ? {} : JSON.parse(content)) as Record<
    string,
    Owned
  >;
}
