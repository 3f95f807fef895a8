/**
 * What `repair snapshots` and `rewrite` say of snapshots that others take the place of. They have no JSON of their own.
 */
import { isTasticError } from "@tastic/errors";
import { isId, shortId } from "@tastic/format";
import type { SnapshotId } from "@tastic/format";
import type { ReplaceEvent, SnapshotChange } from "@tastic/snapshots";
import { fatal } from "../text-error.js";
import { formatFullTime } from "./local-time.js";
import type { Output } from "./output.js";
import { say } from "./say.js";

export function reportReplacement(output: Output, event: ReplaceEvent): void {
  switch (event.type) {
    case "saved":
      for (const line of metadataLines("setting time to", "setting host to", event.change))
        say(output, 1, line);
      say(output, 1, `saved new snapshot ${shortId(event.id)}`);
      break;
    case "removed":
      say(output, 1, `removed ${event.wasEmpty ? "empty" : "old"} snapshot ${shortId(event.id)}`);
      break;
    case "would-save":
      say(output, 1, "would save new snapshot");
      if (event.removesOld) say(output, 1, "would remove old snapshot");
      for (const line of metadataLines("would set time to", "would set hostname to", event.change))
        say(output, 1, line);
      break;
    case "would-remove-empty":
      say(output, 1, "would delete empty snapshot");
  }
}

/** The last line. */
export function reportChanged(output: Output, changed: number, dryRun: boolean): void {
  say(output, 1, "");
  if (changed === 0) say(output, 1, `no snapshots ${dryRun ? "would be" : "were"} modified`);
  else say(output, 1, `${dryRun ? "would modify" : "modified"} ${changed} snapshots`);
}

/** The error of one snapshot, in restic's words. */
export function snapshotError(error: unknown): unknown {
  if (!isTasticError(error) || !isId(error.data["snapshot"])) return error;
  const { code, message, guidance, data } = error;
  const id = shortId(data["snapshot"] as SnapshotId);
  return fatal(`unable to rewrite snapshot ID "${id}": ${message}`, { code, guidance, cause: error });
}

function metadataLines(timeTitle: string, hostTitle: string, { time, hostname }: SnapshotChange): string[] {
  return [
    ...(time === undefined ? [] : [`${timeTitle} ${formatFullTime(time)}`]),
    ...(hostname === undefined ? [] : [`${hostTitle} ${hostname}`]),
  ];
}
