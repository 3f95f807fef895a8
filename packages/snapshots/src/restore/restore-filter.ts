/**
 * Which items of a snapshot a restore touches: all but those that exclude patterns match, or only those that include
 * patterns match (restic's manual, "Restoring from backup").
 */
import { matches, matchWithChildren } from "../patterns/patterns.js";
import type { PatternList } from "../patterns/patterns.js";

/** What a filter says of one path. */
export interface PatternSelection {
  readonly selected: boolean;
  /** Whether something in the folder may be selected; false for whatever is no folder. */
  readonly childMayBeSelected: boolean;
}

/** Decides on absolute paths within the snapshot, such as "/home/x". */
export interface PatternFilter {
  /** Is this item one to restore? */
  selects(path: string, isDirectory: boolean): PatternSelection;
}

/** Selects what none of the lists matches. A folder that is excluded is not entered. */
export function excludeFilter(lists: readonly PatternList[]): PatternFilter {
  return {
    selects(path, isDirectory) {
      const selected = !lists.some((list) => matches(list, path));
      return { selected, childMayBeSelected: selected && isDirectory };
    },
  };
}

/** Selects what any of the lists matches; folders above are entered on the way. */
export function includeFilter(lists: readonly PatternList[]): PatternFilter {
  return {
    selects(path, isDirectory) {
      let selected = false;
      let childMayBeSelected = false;
      for (const list of lists) {
        const match = matchWithChildren(list, path);
        selected ||= match.matches;
        childMayBeSelected ||= match.childMayMatch;
      }
      return { selected, childMayBeSelected: childMayBeSelected && isDirectory };
    },
  };
}
