/** Changes of snapshots that are still to be done in some copies. */
import type { PendingChange } from "./state-schemas.js";

export interface TagsChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** What is to be done to a snapshot in a copy. */
export function pendingFor(
  key: string,
  copy: string,
  pending: readonly PendingChange[],
): { readonly forget: boolean; readonly tags: readonly TagsChange[] } {
  const own = pending.filter((change) => change.key === key && change.copies.includes(copy));
  return { forget: own.some(({ forget }) => forget), tags: own.filter(({ forget }) => !forget) };
}

/** What is left when all of these snapshots, or all there are, were changed in a copy. */
export function withoutCopy(
  pending: readonly PendingChange[],
  copy: string,
  keys?: ReadonlySet<string>,
): PendingChange[] {
  return pending
    .map((change) =>
      keys === undefined || keys.has(change.key)
        ? { ...change, copies: change.copies.filter((id) => id !== copy) }
        : change,
    )
    .filter(({ copies }) => copies.length > 0);
}

/** Several changes of the same tags as one, the later ones over the earlier; undefined for none. */
export function oneChange(changes: readonly TagsChange[]): TagsChange | undefined {
  const wanted = new Map<string, boolean>();
  for (const { add, remove } of changes) {
    for (const tag of add) wanted.set(tag, true);
    for (const tag of remove) wanted.set(tag, false);
  }
  if (wanted.size === 0) return undefined;
  const those = (added: boolean): string[] =>
    [...wanted].flatMap(([tag, isAdded]) => (isAdded === added ? tag : []));
  return { add: those(true), remove: those(false) };
}
