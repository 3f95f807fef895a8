/**
 * What `find --versions` says: a table for each path; with `--json`, an array of objects, one for each path.
 */
import { jsonString, shortId } from "@tastic/format";
import { formatBytes } from "@tastic/snapshots";
import type { FileVersion, PathHistory, StoredSnapshot } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { quoteUnprintable } from "./file-name.js";
import { goJson, joinFields } from "./go-json.js";
import { formatLocalTime } from "./local-time.js";
import { matchJson } from "./node-json.js";
import { tableLines } from "./table.js";
import type { Column } from "./table.js";

const COLUMNS: readonly Column<FileVersion>[] = [
  { title: "Modified", cell: ({ node }) => [formatLocalTime(node.mtime)] },
  { title: "Size", cell: ({ node }) => [node.type === "file" ? formatBytes(node.size ?? 0) : node.type] },
  { title: "First snapshot", cell: ({ first }) => [snapshotText(first)] },
  { title: "Last snapshot", cell: ({ last }) => [snapshotText(last)] },
  { title: "Snapshots", cell: ({ snapshots }) => [String(snapshots)] },
  { title: "Changed", cell: ({ changed }) => [changed.length === 0 ? "" : changed.join(", ")] },
];

export class VersionsReporter {
  readonly #output: Context["output"];
  readonly #snapshots: number;
  readonly #oldestFirst: boolean;
  #count = 0;

  /** @param snapshots how many were looked into */
  constructor({ output }: Context, snapshots: number, oldestFirst: boolean) {
    this.#output = output;
    this.#snapshots = snapshots;
    this.#oldestFirst = oldestFirst;
  }

  history({ path, versions, goneSince }: PathHistory): void {
    const ordered = this.#oldestFirst ? versions : versions.toReversed();
    const output = this.#output;
    if (output.json) {
      output.text(this.#count === 0 ? "[" : ",");
      output.text(historyJson({ path, versions: ordered, ...(goneSince && { goneSince }) }));
    } else {
      if (this.#count > 0) output.result("");
      const shown = output.onTerminal ? quoteUnprintable(path) : path;
      if (versions.length === 0) output.result(`${shown}: in none of ${this.#snapshots} snapshots`);
      else {
        output.result(`${shown}:`);
        const footer =
          goneSince === undefined ? [] : [`not there any more in snapshot ${snapshotText(goneSince)}`];
        for (const line of tableLines(COLUMNS, ordered, { footer })) output.result(line);
      }
    }
    this.#count++;
  }

  /** Closes what `--json` began. */
  finish(): void {
    if (this.#output.json) this.#output.result(this.#count === 0 ? "[]" : "]");
  }
}

function snapshotText({ id, time }: StoredSnapshot): string {
  return `${shortId(id)} ${formatLocalTime(time)}`;
}

function historyJson({ path, versions, goneSince }: PathHistory): string {
  return joinFields({
    path: jsonString(path),
    versions: `[${versions.map((version) => versionJson(path, version)).join(",")}]`,
    gone_since: goneSince === undefined ? undefined : snapshotJson(goneSince),
  });
}

function versionJson(path: string, { node, first, last, snapshots, changed }: FileVersion): string {
  return joinFields({
    first: snapshotJson(first),
    last: snapshotJson(last),
    snapshots: String(snapshots),
    changed: goJson(changed),
    node: matchJson(path, node),
  });
}

function snapshotJson({ id, time, hostname = "" }: StoredSnapshot): string {
  return goJson({ id, time, hostname });
}
