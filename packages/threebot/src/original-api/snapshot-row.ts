/** A snapshot as restic's `snapshots --json` prints it, and as the original's routes and shell gave it. */
import type { OwnedSnapshot } from "../owner/service.js";

export interface SnapshotRow {
  readonly time: string;
  readonly parent?: string;
  readonly tree: string;
  readonly paths: readonly string[];
  readonly hostname?: string;
  readonly username?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly excludes?: readonly string[];
  readonly tags?: readonly string[];
  readonly original?: string;
  readonly program_version?: string;
  readonly summary?: Readonly<Record<string, number | string>>;
  readonly id: string;
  readonly short_id: string;
}

export function snapshotRow({ id, snapshot }: OwnedSnapshot): SnapshotRow {
  const { time, parent, tree, paths, hostname, username, uid, gid } = snapshot;
  const { excludes, tags, original, programVersion, summary } = snapshot;
  return {
    time,
    ...(parent === undefined ? {} : { parent }),
    tree,
    paths,
    ...(hostname === undefined ? {} : { hostname }),
    ...(username === undefined ? {} : { username }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(excludes === undefined ? {} : { excludes }),
    ...(tags === undefined ? {} : { tags }),
    ...(original === undefined ? {} : { original }),
    ...(programVersion === undefined ? {} : { program_version: programVersion }),
    ...(summary === undefined ? {} : { summary: withSnakeNames(summary) }),
    id,
    short_id: id.slice(0, 8),
  };
}

function withSnakeNames(summary: object): Readonly<Record<string, number | string>> {
  const snake = (name: string): string => name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(summary).flatMap(([name, value]: [string, unknown]) =>
      typeof value === "string" || typeof value === "number" ? [[snake(name), value]] : [],
    ),
  );
}
