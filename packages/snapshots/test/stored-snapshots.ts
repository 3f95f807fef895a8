/** Snapshots for tests, and a store that holds them. */
import { TasticError } from "@tastic/errors";
import type { BlobId, Snapshot, SnapshotId } from "@tastic/format";
import type { SnapshotStore } from "../dist/snapshot-lookup.js";
import type { StoredSnapshot } from "../dist/stored-snapshot.js";

/** @param start the beginning of the id; zeros follow */
export function snapshot(start: string, fields: Partial<Snapshot> = {}): StoredSnapshot {
  return {
    id: start.padEnd(64, "0") as SnapshotId,
    time: "2020-01-01T00:00:00Z",
    tree: "ab".repeat(32) as BlobId,
    paths: ["/a"],
    hostname: "h",
    ...fields,
  };
}

export interface TestStore extends SnapshotStore {
  lists: number;
  readonly damaged: Set<string>;
}

export function storeOf(snapshots: readonly StoredSnapshot[]): TestStore {
  const store: TestStore = {
    lists: 0,
    damaged: new Set(),
    list() {
      store.lists++;
      return Promise.resolve(snapshots.map(({ id }) => id));
    },
    loadSnapshot(id) {
      const found = snapshots.find((one) => one.id === id);
      if (found === undefined || store.damaged.has(id)) {
        return Promise.reject(new TasticError("damaged-repository", `snapshot ${id} is damaged`));
      }
      return Promise.resolve(found);
    },
  };
  return store;
}
