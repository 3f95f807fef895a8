/** How a long operation notices that its caller no longer wants it. */
import { TasticError } from "@tastic/errors";

/** Throws `cancelled` when the signal was aborted. `what` is what is given up, such as "the restore". */
export function throwIfCancelled(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted !== true) return;
  if (signal.reason instanceof TasticError) throw signal.reason;
  throw new TasticError("cancelled", `${what} was cancelled`, { cause: signal.reason });
}
