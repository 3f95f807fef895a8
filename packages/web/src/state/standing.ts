/** How the 3Bot stands, as the first page says it. The service's verdict does not tell what is not yet from what is no more. */
import type { Status } from "../api/owner.js";

/**
 * - `new`: no place is set up.
 * - `first`: a place is set up, its first backup is still to come, and nothing is in its way.
 * - `undecided`: there are backups of an earlier 3Bot only, and the owner has not yet said what is to become of them.
 * - `hindered`: there has been no backup yet, and something keeps it from being made.
 * - `safe`, `attention`, `unsafe`: as the service says.
 */
export type Standing = Status["verdict"] | "first" | "undecided" | "hindered";

export function standingOf({ verdict, places, unreadFailures }: Status): Standing {
  if (verdict !== "attention") return verdict;
  const set = places.filter(({ state }) => state !== "absent");
  if (set.some(({ lastBackup }) => lastBackup !== undefined)) return verdict;
  if (set.some(({ state }) => state === "recovery-undecided")) return "undecided";
  const troubled = set.some(({ copies }) => copies.some(({ problem }) => problem !== undefined));
  return troubled || unreadFailures > 0 ? "hindered" : "first";
}
