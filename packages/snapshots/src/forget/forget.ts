/**
 * Forgetting snapshots: those that are named, or those that a policy does not keep (restic's manual, "Removing backup
 * snapshots"). Nothing is removed before all groups have been looked at, and nothing if one of them would be left empty.
 */
import { TasticError } from "@tastic/errors";
import type { SnapshotId } from "@tastic/format";
import { throwIfCancelled } from "../cancellation.js";
import { createSnapshotFilter, isEmptyFilter } from "../snapshot-filter.js";
import type { SnapshotFilter } from "../snapshot-filter.js";
import { describeGroupKey, GROUP_BY_HOST_AND_PATHS, groupSnapshots } from "../snapshot-groups.js";
import type { GroupBy, SnapshotGroup, SnapshotGroupKey } from "../snapshot-groups.js";
import { findSnapshots } from "../snapshot-lookup.js";
import type { SnapshotStore } from "../snapshot-lookup.js";
import { applyPolicy } from "./apply-policy.js";
import type { PolicyResult } from "./apply-policy.js";
import { checkPolicy, isEmptyPolicy } from "./keep-policy.js";
import type { KeepPolicy } from "./keep-policy.js";
import { removeSnapshots } from "./remove-snapshots.js";
import type { RemovalEvent, RemovalStorage } from "./remove-snapshots.js";

/** Where snapshots are forgotten; a repository is one. */
export interface ForgetStore extends SnapshotStore {
  readonly storage: RemovalStorage;
}

/** What becomes of the snapshots of one group. */
export interface ForgetGroup extends PolicyResult {
  readonly key: SnapshotGroupKey;
}

/** What a forget decides and does. */
export type ForgetEvent =
  /** A name that stands for no snapshot, or a snapshot that cannot be loaded: it is left as it is. */
  | { readonly type: "ignored"; readonly name: string; readonly message: string }
  /** The policy is about to be applied to the groups. */
  | { readonly type: "policy"; readonly policy: KeepPolicy }
  | { readonly type: "group"; readonly group: ForgetGroup }
  /** All is decided; what is listed is removed next, or would be. */
  | { readonly type: "decided"; readonly remove: readonly SnapshotId[] }
  | RemovalEvent;

/** What to forget: by name, or by policy. */
export interface ForgetOptions {
  /** Snapshots by the beginning of their ids, or "latest". If there are any, they are removed, whatever the policy. */
  readonly names?: readonly string[];
  /** Which snapshots the policy looks at; without names. All if not given. */
  readonly filter?: SnapshotFilter;
  readonly policy?: KeepPolicy;
  /** The policy is applied to each group by itself. By host and paths if not given. */
  readonly groupBy?: GroupBy;
  /** Let an empty policy remove all that the filter lets through. */
  readonly allowRemoveAll?: boolean;
  /** Decide, but remove nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** Is told what happens on the way. */
  readonly onEvent?: (event: ForgetEvent) => void;
}

/** What was forgotten. */
export interface ForgetResult {
  /** None if snapshots were named. */
  readonly groups: readonly ForgetGroup[];
  /** In a dry run, what would have been removed. */
  readonly removed: readonly SnapshotId[];
  /** What could not be removed. */
  readonly failed: readonly SnapshotId[];
}

/**
 * Removes snapshots. The caller holds an exclusive lock; what only they refer to stays in the repository until `prune`.
 * @throws TasticError invalid-argument for a policy that keeps nothing, or nothing of some group; cancelled; those of
 * listing
 */
export async function forget(store: ForgetStore, options: ForgetOptions): Promise<ForgetResult> {
  const { names = [], filter = createSnapshotFilter(), dryRun = false, signal, onEvent } = options;
  checkPolicy(options.policy ?? {});
  const snapshots = await findSnapshots(store, names, filter, (name, message) =>
    onEvent?.({ type: "ignored", name, message }),
  );
  throwIfCancelled(signal, "forget");
  const groups = names.length > 0 ? [] : decide(groupSnapshots(snapshots, groupingOf(options)), options);
  const chosen = names.length > 0 ? snapshots : groups.flatMap((group) => group.remove);
  const remove = chosen.map(({ id }) => id);
  onEvent?.({ type: "decided", remove });
  throwIfCancelled(signal, "forget");
  if (dryRun) return { groups, removed: remove, failed: [] };
  const failed = new Set(await removeSnapshots(store.storage, remove, { signal, onEvent }));
  return { groups, removed: remove.filter((id) => !failed.has(id)), failed: [...failed] };
}

function groupingOf({ groupBy = GROUP_BY_HOST_AND_PATHS }: ForgetOptions): GroupBy {
  return groupBy;
}

/** Applies the policy to each group. */
function decide(groups: readonly SnapshotGroup[], options: ForgetOptions): ForgetGroup[] {
  const { policy = {}, onEvent } = options;
  refuseToRemoveAll(policy, options);
  onEvent?.({ type: "policy", policy });
  const now = BigInt(Date.now()) * 1_000_000n;
  return groups.map(({ key, snapshots }) => {
    const group = { key, ...applyPolicy(snapshots, policy, now) };
    if (group.keep.length === 0 && !isEmptyPolicy(policy)) {
      throw new TasticError(
        "invalid-argument",
        `refusing to delete last snapshot of snapshot group ${JSON.stringify(describeGroupKey(key))}`,
        {
          guidance: "Nothing was removed. Name the snapshots if none of the group shall stay.",
          data: { group: key },
        },
      );
    }
    onEvent?.({ type: "group", group });
    return group;
  });
}

function refuseToRemoveAll(
  policy: KeepPolicy,
  { allowRemoveAll = false, filter = createSnapshotFilter() }: ForgetOptions,
): void {
  if (!isEmptyPolicy(policy)) return;
  if (!allowRemoveAll) {
    throw new TasticError("invalid-argument", "no policy was specified, no snapshots will be removed", {
      guidance: "Say what to keep, for example with --keep-last 10, or name the snapshots to remove.",
    });
  }
  if (isEmptyFilter(filter)) {
    throw new TasticError(
      "invalid-argument",
      "--unsafe-allow-remove-all is not allowed unless a snapshot filter option is specified",
      { guidance: "Say which snapshots it is about with --host, --tag or --path." },
    );
  }
}
