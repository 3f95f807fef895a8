/** Do the copies that were away answer again? */
import { isTasticError } from "@tastic/errors";
import type { OwnerState } from "../owner/owner-state.js";
import type { Place } from "../owner/service.js";
import { openStore } from "./copy-store.js";

/** Milliseconds. */
const patience = 10_000;

export async function awayAnswer(state: OwnerState, place: Place): Promise<boolean> {
  for (const access of state.accesses(await state.needPlace(place))) {
    if ((await state.copy(access.id)).state !== "unreachable") continue;
    const storage = openStore(access, { retryForMs: 0, stuckAfterMs: patience });
    try {
      await storage.stat({ type: "config", name: "" });
    } catch (error) {
      // That nothing is there is an answer, too.
      if (!isTasticError(error, "not-found")) return false;
    } finally {
      await storage.close();
    }
  }
  return true;
}
