/** Opening all copies of a place at once, where somebody waits: within a time, and each for itself. */
import { TasticError } from "@tastic/errors";
import type { CopyAccess } from "./copy-store.js";
import { openCopy, type OpenedCopy } from "./opened-copy.js";

export interface Opened {
  readonly access: CopyAccess;
  readonly opened: OpenedCopy | undefined;
  /** Why it is not open, if it is not. */
  readonly error: unknown;
}

/** Opens all copies at once, until the signal aborts; the failure of one does not keep the others. */
export async function openAll(
  accesses: readonly CopyAccess[],
  signal: AbortSignal,
  retryForMs = 0,
): Promise<Opened[]> {
  return Promise.all(
    accesses.map(async (access) => {
      // What is open stays so when the time for opening is over.
      const opening = new AbortController();
      const end = (): void => opening.abort(signal.reason);
      signal.addEventListener("abort", end, { once: true });
      try {
        const opened = await within(signal, openCopy(access, { retryForMs, signal: opening.signal }));
        return { access, opened, error: undefined };
      } catch (error) {
        return { access, opened: undefined, error };
      } finally {
        signal.removeEventListener("abort", end);
      }
    }),
  );
}

/** Ends waiting, also for what no signal reaches. */
export async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let onAbort = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(
        new TasticError("storage-failed", "there was no answer in time", {
          guidance: "Check the URL and the network, and whether the server runs.",
        }),
      );
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    // It may come yet, and is of no use then.
    work.then(
      (value) => closeQuietly(value),
      () => undefined,
    );
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function closeQuietly(value: unknown): void {
  const { close } = (value ?? {}) as Partial<OpenedCopy>;
  close?.().catch(() => undefined);
}
