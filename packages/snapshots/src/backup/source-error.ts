/**
 * What the system says about a source file that cannot be read: a soft fault, told as restic tells it.
 */
import { messageOf } from "@tastic/errors";

/** A source file could not be read; the backup goes on without it. */
export class SourceError extends Error {
  override readonly name = "SourceError";

  constructor(error: unknown, path: string) {
    super(describeSystemError(error, path), { cause: error });
  }
}

/** `open /path: permission denied` out of Node's `EACCES: permission denied, open '/path'`. */
export function describeSystemError(error: unknown, path: string): string {
  const [, reason, call = ""] = /^E[A-Z0-9]+: (.*?), (\w+)/.exec(messageOf(error)) ?? [];
  if (reason === undefined) return messageOf(error);
  // Node's name for listing a folder says little to those who know restic.
  return call === "scandir"
    ? `openfile for readdirnames failed: open ${path}: ${reason}`
    : `${call} ${path}: ${reason}`;
}

/** Runs a call that touches the source; whatever it throws becomes a `SourceError`. */
export function fromSource<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new SourceError(error, path);
  }
}
