/**
 * The program: runs the command line of this process and ends it with the command's exit code.
 */
import { listenForInterruption } from "./interruption.js";
import { run } from "./run.js";

/** Never returns: open handles must not keep the process alive once the command is done. */
export async function main(): Promise<void> {
  // Without a listener, Node would start its debugger.
  if (process.platform !== "win32") process.on("SIGUSR1", () => undefined);
  const interruption = listenForInterruption((text) => process.stderr.write(`${text}\n`));
  const code = await run({ argv: process.argv.slice(2), signal: interruption.signal });
  const exitCode = interruption.signal.aborted && code === 1 ? 130 : (process.exitCode ?? code);
  // What is still on its way to a pipe would be lost otherwise.
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))),
  );
  process.exit(exitCode);
}
