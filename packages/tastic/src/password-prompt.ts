/**
 * Reading a password from the standard input: typed blindly at a terminal, or a line that some program sends.
 */
import { TasticError } from "@tastic/errors";

/** @throws TasticError cancelled where the user interrupts */
export async function askPassword(prompt: string, signal: AbortSignal): Promise<string> {
  const { read } = await import("read");
  signal.throwIfAborted();
  try {
    return await read({ prompt, silent: true, output: process.stderr });
  } catch (cause) {
    throw new TasticError("cancelled", "context canceled", { cause });
  } finally {
    // The line end that was typed was not shown either.
    process.stderr.write("\n");
  }
}

let lines: AsyncIterator<string> | undefined;

/** The next line of the standard input; empty where there is none. */
export async function readPasswordLine(): Promise<string> {
  if (lines === undefined) {
    const { createInterface } = await import("node:readline");
    lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  }
  const line = await lines.next();
  process.stdin.pause();
  return line.done === true ? "" : line.value;
}
