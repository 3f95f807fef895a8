/** How a long operation notices that its caller no longer wants it. */
import { TasticError } from "@tastic/errors";

/** Throws `cancelled` when the signal was aborted. `what` is what is given up, such as "the restore". */
export function throwIfCancelled(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted !== true) return;
  if (signal.reason instanceof TasticError) throw signal.reason;
  throw new TasticError("cancelled", `${what} was cancelled`, { cause: signal.reason });
}

/** Waits for `event`, but no longer than until the signal aborts. Errors: as `throwIfCancelled`, and those of the event. */
export async function waitFor(
  event: Promise<void>,
  signal: AbortSignal | undefined,
  what: string,
): Promise<void> {
  let end: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => (end = resolve));
  signal?.addEventListener("abort", end);
  if (signal?.aborted === true) end();
  try {
    await Promise.race([event, aborted]);
  } finally {
    signal?.removeEventListener("abort", end);
  }
  throwIfCancelled(signal, what);
}
