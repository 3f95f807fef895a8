/**
 * Removing many files of a repository.
 */
import { isTasticError } from "@tastic/errors";
import type { Id } from "@tastic/format";
import type { FileType } from "@tastic/storage";
import { throwIfCancelled } from "../cancellation.js";
import type { Repository } from "../repository.js";

/** `P` are the phases of whatever removes files. */
export type RemoveEvent<P extends string> =
  | { readonly type: "phase"; readonly phase: P; readonly count?: number }
  | { readonly type: "progress"; readonly phase: P; readonly done: number; readonly total: number }
  | { readonly type: "removed"; readonly phase: P; readonly name: string }
  | { readonly type: "error"; readonly message: string };

export interface RemoveOptions<P extends string> {
  readonly phase: P;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RemoveEvent<P>) => void) | undefined;
  /** Go on when a file cannot be removed, and tell. */
  readonly tolerant: boolean;
}

/** Removes files; one that is gone already is what was wanted. Returns how many could not be removed. */
export async function removeFiles<P extends string>(
  { storage }: Repository,
  type: FileType,
  names: readonly Id[],
  { phase, signal, onEvent, tolerant }: RemoveOptions<P>,
): Promise<number> {
  onEvent?.({ type: "phase", phase, count: names.length });
  let next = 0;
  let done = 0;
  let failed = 0;
  /** Tells whether the file is gone. */
  const remove = async (name: Id): Promise<boolean> => {
    try {
      await storage.remove({ type, name }, { signal });
      return true;
    } catch (error) {
      throwIfCancelled(signal);
      if (isTasticError(error, "not-found")) return true;
      const folder = type === "pack" ? "data" : type;
      onEvent?.({ type: "error", message: `unable to remove ${folder}/${name} from the repository` });
      if (!tolerant || !isTasticError(error)) throw error;
      return false;
    }
  };
  const work = async (): Promise<void> => {
    for (let name = names[next++]; name !== undefined; name = names[next++]) {
      throwIfCancelled(signal);
      try {
        if (await remove(name)) onEvent?.({ type: "removed", phase, name });
        else failed++;
        onEvent?.({ type: "progress", phase, done: ++done, total: names.length });
      } catch (error) {
        // Nobody begins another one.
        next = names.length;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.max(1, storage.connections) }, work);
  // None is at work any more when this ends, however it ends.
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return failed;
}
