/**
 * Snapshots as JSON: as they are stored, and their ids.
 */
import { encodeSnapshot, shortId } from "@tastic/format";
import type { Snapshot } from "@tastic/format";
import type { StoredSnapshot } from "@tastic/snapshots";

/** What is stored. */
export function storedJson(snapshot: Snapshot): string {
  return Buffer.from(encodeSnapshot(snapshot)).toString();
}

/** With `id`, `short_id`, and whatever `more` has: JSON members with a comma in front. */
export function snapshotJson(snapshot: StoredSnapshot, more = ""): string {
  const { id } = snapshot;
  return `${storedJson(snapshot).slice(0, -1)},"id":"${id}","short_id":"${shortId(id)}"${more}}`;
}
