/**
 * `find`: files and folders by name and time of modification, in one snapshot after the other (restic's manual,
 * "Finding files").
 */
import { messageOf } from "@tastic/errors";
import { parseTime } from "@tastic/format";
import type { Node } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { matchWithChildren, parsePatterns } from "../patterns/patterns.js";
import type { PathMatch, PatternList } from "../patterns/patterns.js";
import type { StoredSnapshot } from "../stored-snapshot.js";
import { visitTree } from "../visit-tree.js";
import { BarrenTrees } from "./barren-trees.js";
import type { FindOptions, ModificationTimes } from "./find-types.js";

/**
 * Tells each file and folder that one of the patterns matches, snapshot by snapshot in the order given. What lies in a
 * folder that matches matches too. The index must be loaded.
 * @throws TasticError `invalid-argument` for a malformed pattern; `cancelled`; those of a tree that is no tree
 */
export async function find(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  options: FindOptions,
): Promise<void> {
  const { onEvent, signal } = options;
  const patterns = readPatterns(options);
  const everything = options.patterns.includes("");
  const match = (path: string): PathMatch =>
    everything ? { matches: true, childMayMatch: true } : matchWithChildren(patterns, path);
  const barren = new BarrenTrees(repository, !everything && patterns.patterns.every(isOneName));
  for (const snapshot of snapshots) {
    barren.begin();
    await visitTree(
      repository,
      snapshot.tree,
      {
        enters(path, folder) {
          const { matches, childMayMatch } = match(path);
          return matches || (childMayMatch && !barren.has(folder.subtree));
        },
        onNode(path, node) {
          if (!match(path).matches || !isInTime(node, options)) return;
          barren.noteFind();
          onEvent({ type: "match", snapshot, path, node });
        },
        onUnreadable(path, tree, parent, error) {
          barren.noteFind();
          onEvent({ type: "unreadable", snapshot, path, tree, parent, message: messageOf(error) });
        },
        onEnter: (tree) => barren.enter(tree),
        onLeave: (tree, path) => barren.leave(tree, path !== "/" && match(path).matches),
      },
      { signal, what: "the search" },
    );
  }
}

function readPatterns({ patterns, ignoreCase = false }: FindOptions): PatternList {
  const list = parsePatterns(patterns, { insensitive: ignoreCase, flag: "find" });
  return {
    ...list,
    patterns: list.patterns.map((pattern) => ({ ...pattern, negated: false })),
    hasNegated: false,
  };
}

/** Does what a pattern finds below a folder not depend on where the folder is? */
function isOneName({ anchored, parts, dependsOnLength }: PatternList["patterns"][number]): boolean {
  return !anchored && parts.length === 1 && !dependsOnLength;
}

/** Was it modified between these times? */
export function isInTime({ mtime }: Node, { oldest, newest }: ModificationTimes): boolean {
  if (oldest === undefined && newest === undefined) return true;
  const time = parseTime(mtime);
  return (oldest === undefined || time >= oldest) && (newest === undefined || time <= newest);
}
