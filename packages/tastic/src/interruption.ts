/**
 * Ctrl-C and its like: the first asks the running command to stop in order, the second ends the process at once.
 */
import { TasticError } from "@tastic/errors";

const SIGNALS = { SIGINT: "interrupt", SIGTERM: "terminated" } as const;
/** As after a signal in a shell: 128 and the signal's number. */
const KILLED = 130;
const KILLED_BY_PIPE = 141;

/** Whoever read our output has left: there is nothing to say, and nobody to say it to. */
export const NO_READER = new TasticError("cancelled", "nobody reads the output any more");

export interface Interruption {
  readonly signal: AbortSignal;
  /** Stops listening. */
  dispose(): void;
}

/** @param announce is told once what happened */
export function listenForInterruption(announce: (text: string) => void): Interruption {
  const controller = new AbortController();
  const listeners = Object.entries(SIGNALS).map(([name, word]) => {
    const listener = (): void => {
      if (controller.signal.aborted) process.exit(KILLED);
      announce(`signal ${word} received, cleaning up `);
      controller.abort(new TasticError("cancelled", "context canceled"));
    };
    process.on(name, listener);
    return { name, listener };
  });
  const onStreamError = (error: NodeJS.ErrnoException): void => {
    // What was still to be written fails, too, in other ways.
    if (controller.signal.reason === NO_READER) return;
    if (error.code !== "EPIPE") throw error;
    process.exitCode = KILLED_BY_PIPE;
    controller.abort(NO_READER);
  };
  process.stdout.on("error", onStreamError);
  process.stderr.on("error", onStreamError);
  return {
    signal: controller.signal,
    dispose() {
      for (const { name, listener } of listeners) process.off(name, listener);
    },
  };
}
