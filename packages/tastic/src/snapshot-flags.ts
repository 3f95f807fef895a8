/**
 * The flags that choose snapshots, and the snapshots that a user names.
 */
import { messageOf, isTasticError } from "@tastic/errors";
import { createSnapshotFilter, findSnapshots, parseTagList } from "@tastic/snapshots";
import type { SnapshotFilter, StoredSnapshot } from "@tastic/snapshots";
import type { Repository } from "@tastic/repository";
import type { Context } from "./command.js";
import type { FlagValues } from "./flags.js";
import { list } from "./flags.js";
import { fatal } from "./text-error.js";

export const snapshotFlags = {
  host: list("host", "only snapshots of this host (may be repeated; empty for any)", {
    short: "H",
    variable: "HOST",
  }),
  path: list("path", "only snapshots that include this absolute path (may be repeated)"),
  tag: list("tag[,tag,...]", "only snapshots with all these tags (may be repeated, then any of them)"),
};

export function filterOf({ host, path, tag }: FlagValues<typeof snapshotFlags>): SnapshotFilter {
  return createSnapshotFilter({ hosts: host, paths: path, tags: tag.map(parseTagList) });
}

/** The snapshots that are named, or else chosen by flags; says which names stand for none. */
export function findNamedSnapshots(
  { output }: Context,
  repository: Repository,
  names: readonly string[],
  filter: SnapshotFilter,
): Promise<StoredSnapshot[]> {
  return findSnapshots(repository, names, filter, (name, message) =>
    output.error(`Ignoring "${name}": ${message}`),
  );
}

/** Gives errors of looking for a snapshot the words that restic has for them. */
export async function findOrFail<T>(finding: Promise<T>): Promise<T> {
  try {
    return await finding;
  } catch (error) {
    const expected = isTasticError(error, "not-found") || isTasticError(error, "ambiguous-id");
    if (!expected) throw error;
    throw fatal(`failed to find snapshot: ${messageOf(error)}`, {
      code: error.code,
      guidance: error.guidance,
      cause: error,
    });
  }
}
