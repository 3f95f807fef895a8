/**
 * What the marketplace keeps of a 3Bot, in one record, so that each step of its life is one write: that a token is spent
 * and that the 3Bot is registered cannot come apart.
 *
 *   invited -> registering -> active <-> destroying -> destroyed
 *                  |
 *              withdrawing -> invited
 */
import * as v from "valibot";

/** RFC 3339. */
const time = v.pipe(v.string(), v.isoTimestamp());

const copy = v.object({
  /** The id of a backup server. */
  server: v.string(),
  /** bcrypt of the secret that logs in there; of the login secret if there is none, as once it was. */
  secret: v.optional(v.string()),
  /** What the server has last confirmed. */
  is: v.picklist(["unknown", "active", "suspended", "erased"]),
});

export const threebotRecord = v.object({
  name: v.string(),
  state: v.picklist(["invited", "registering", "withdrawing", "active", "destroying", "destroyed"]),
  tokens: v.array(v.object({ hash: v.string(), issued: time, expires: time, spent: v.optional(time) })),
  /** bcrypt of the login secret. */
  secret: v.optional(v.string()),
  /** Of the copies at tries before it, which may have reached a server. */
  earlier: v.array(v.string()),
  /** The hash of the token with which it is being registered, or was. */
  token: v.optional(v.string()),
  copies: v.array(copy),
  registered: v.optional(time),
  /** Until when its destruction can be undone. */
  undoUntil: v.optional(time),
  destroyed: v.optional(time),
});

export type ThreebotRecord = v.InferOutput<typeof threebotRecord>;
export type CopyRecord = v.InferOutput<typeof copy>;

type Goal = "nothing" | "active" | "suspended" | "erased";

const goals: Readonly<Record<ThreebotRecord["state"], Goal>> = {
  invited: "nothing",
  registering: "active",
  active: "active",
  destroying: "suspended",
  withdrawing: "erased",
  destroyed: "erased",
};

/** What has to become of the accounts at the backup servers. */
export function wanted({ state }: ThreebotRecord): Goal {
  return goals[state];
}

/** The copies that are not yet as they are wanted. */
export function unsettled(record: ThreebotRecord): readonly CopyRecord[] {
  const goal = wanted(record);
  return goal === "nothing" ? [] : record.copies.filter(({ is }) => is !== goal);
}

/** What others may know of a name, who need no secret: the deployer. */
export type Standing = "free" | "invited" | "registered" | "destroying";

const standings: Readonly<Record<ThreebotRecord["state"], Standing>> = {
  invited: "invited",
  registering: "invited",
  withdrawing: "invited",
  active: "registered",
  destroying: "destroying",
  destroyed: "free",
};

export function standingOf(record: ThreebotRecord | undefined): Standing {
  if (record === undefined) return "free";
  // Until nothing of it is left.
  if (record.state === "destroyed" && record.destroyed === undefined) return "destroying";
  return standings[record.state];
}
