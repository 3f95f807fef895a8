/** How an operation notices that its caller no longer wants it. */
import { TasticError } from "@tastic/errors";

/** Throws `cancelled` when the signal was aborted. `action` is what is given up, such as "saving pack 3f0a1b2c…". */
export function throwIfCancelled(signal: AbortSignal | undefined, action: string): void {
  if (signal?.aborted !== true) return;
  throw new TasticError("cancelled", `${action} was cancelled`, { cause: signal.reason });
}
