/** A snapshot and its id, which the snapshot itself does not know. */
import type { Snapshot, SnapshotId } from "@tastic/format";

/** A snapshot as the repository has it. */
export interface StoredSnapshot extends Snapshot {
  readonly id: SnapshotId;
}
