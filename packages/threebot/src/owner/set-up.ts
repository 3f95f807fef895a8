/**
 * How a place comes to hold backups. Nothing is written down before all of it works, so that what worked before stays when
 * something new does not.
 */
import type { OwnerState } from "./owner-state.js";
import type { Place } from "./service.js";
import type { PlaceRecord } from "./state-schemas.js";

export interface SetUpContext {
  readonly state: OwnerState;
  readonly marketplaceUrl: string | undefined;
  readonly now: () => number;
}

export function placeFor(
  old: PlaceRecord | undefined,
  target: PlaceRecord["target"],
  password: string,
  undecided: boolean,
  now: number,
): PlaceRecord {
  return {
    since: new Date(now).toISOString(),
    failures: 0,
    catchUpFailures: 0,
    shrinkAllowed: false,
    pending: [],
    sizes: [],
    ...old,
    state: undecided ? "recovery-undecided" : "ready",
    target,
    password,
  };
}

/** The owner has decided: what is there stays, and this 3Bot goes on as it is. */
export async function decide(state: OwnerState, place: Place): Promise<void> {
  await state.changePlace(place, { state: "ready", shrinkAllowed: true });
  await state.changeIdentity({ used: true });
}
