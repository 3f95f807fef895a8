/** The command as a process: its terminal, its signals, its exit code. */
import { TasticError } from "@tastic/errors";
import { main } from "./main.js";
import { createOwnerService } from "../owner/owner.js";
import type { Terminal } from "./terminal.js";

/** As after a signal in a shell: 128 and the signal's number. */
const killed = 130;

export async function runProcess(): Promise<void> {
  const controller = new AbortController();
  const onSignal = (): void => {
    // The second time somebody means it.
    if (controller.signal.aborted) process.exit(killed);
    controller.abort(new TasticError("cancelled", "interrupted"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  const terminal: Terminal = {
    variables: process.env,
    input: process.stdin,
    output: process.stdout,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    signal: controller.signal,
  };
  process.exitCode = await main(process.argv.slice(2), terminal, createOwnerService);
  process.off("SIGINT", onSignal);
  process.off("SIGTERM", onSignal);
  // Reading from a terminal would keep the process.
  process.stdin.pause();
}
