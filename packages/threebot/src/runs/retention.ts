/** What all retentions together keep of the snapshots of a place: that of the settings, and those of the jobs. */
import { applyRetention, type Kept, type MergedSnapshot } from "../copies/merged-snapshots.js";
import type { OwnerState } from "../owner/owner-state.js";

/** Snapshots of a job that is there no more stay until somebody forgets them. */
export async function retentionOf(
  state: OwnerState,
  all: readonly MergedSnapshot[],
  now: number,
): Promise<Kept> {
  const { host } = await state.identity();
  const { retention } = await state.settings();
  const kept = [
    applyRetention(all, host, retention, now),
    ...(await state.jobs()).map((job) => applyRetention(all, host, job.retention, now, job.name)),
  ];
  return {
    reasons: new Map(kept.flatMap(({ reasons }) => [...reasons])),
    remove: kept.flatMap(({ remove }) => remove),
  };
}
