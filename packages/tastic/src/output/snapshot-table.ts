/**
 * The table of snapshots.
 */
import { shortId } from "@tastic/format";
import type { StoredSnapshot } from "@tastic/snapshots";
import { formatBytes } from "@tastic/snapshots";
import { formatLocalTime, localZone } from "./local-time.js";
import { tableLines } from "./table.js";
import type { Column } from "./table.js";

export interface SnapshotTableOptions {
  /** Without paths, and with a line for each tag. */
  readonly compact: boolean;
  /** Why snapshots are kept, for `forget`. */
  readonly reasons?: (snapshot: StoredSnapshot) => readonly string[];
}

/** The lines of the table; none without snapshots. */
export function snapshotTable(snapshots: readonly StoredSnapshot[], options: SnapshotTableOptions): string[] {
  if (snapshots.length === 0) return [];
  const { compact, reasons } = options;
  const hasSizes = snapshots.some(({ summary }) => summary !== undefined);
  const columns: Column<StoredSnapshot>[] = [
    { title: "ID", cell: ({ id }) => [shortId(id)] },
    { title: "Time", cell: ({ time }) => [formatLocalTime(time)] },
    { title: compact ? "Host" : "Host      ", cell: ({ hostname = "" }) => [hostname] },
    {
      title: compact ? "Tags  " : "Tags      ",
      cell: ({ tags = [] }) => (compact ? tags : [tags.join(",")]),
    },
    ...(reasons === undefined ? [] : [{ title: "Reasons", cell: reasons }]),
    ...(compact ? [] : [{ title: "Paths", cell: ({ paths }: StoredSnapshot) => paths }]),
    ...(hasSizes ? [{ title: "Size", cell: sizeCell }] : []),
  ];
  const spaced = !compact && snapshots.some(({ paths }) => paths.length > 1);
  const footer = [`Timestamps shown in ${localZone()}`, `${snapshots.length} snapshots`];
  return tableLines(columns, snapshots, { footer, spaced });
}

function sizeCell({ summary }: StoredSnapshot): string[] {
  return summary === undefined ? [] : [formatBytes(summary.totalBytesProcessed)];
}
