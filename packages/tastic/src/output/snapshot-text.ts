/**
 * One line about a snapshot: "snapshot 34d89ea4 of [/p] at 2026-11-23 06:43:21.745 +0000 UTC by root@vm".
 */
import { shortId } from "@tastic/format";
import type { StoredSnapshot } from "@tastic/snapshots";
import { formatFullTime } from "./local-time.js";

export function describeSnapshot(snapshot: StoredSnapshot): string {
  const { id, paths, time, username = "", hostname = "" } = snapshot;
  return `snapshot ${shortId(id)} of [${paths.join(" ")}] at ${formatFullTime(time)} by ${username}@${hostname}`;
}
