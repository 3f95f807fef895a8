/**
 * What an aborted signal means: the error that it carries if that is one of ours, such as a lost lock, else
 * `cancelled`.
 */
import { TasticError } from "@tastic/errors";

/** Throws if the signal was aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  if (signal.reason instanceof TasticError) throw signal.reason;
  throw new TasticError("cancelled", "the operation was cancelled", { cause: signal.reason });
}

/** Waits, or throws as soon as the signal is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  throwIfCancelled(signal);
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
  });
  throwIfCancelled(signal);
}
