/** A snapshot and its id, which the snapshot itself does not know. */
import type { Snapshot, SnapshotId } from "@tastic/format";

export interface StoredSnapshot extends Snapshot {
  readonly id: SnapshotId;
}
