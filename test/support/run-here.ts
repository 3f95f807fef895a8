/** tastic's command in this process: the same command line without the cost of starting a program. */
import { run } from "../../packages/tastic/dist/run.js";
import { testPassword } from "./programs.js";
import type { Outcome, RunOptions } from "./programs.js";

/**
 * Runs a command line to its end. What it does with the working folder, with signals or with its standard input is that of
 * the tests themselves: start a program for that.
 */
export async function runTasticHere(
  args: readonly string[],
  { repo, password = testPassword, env }: Pick<RunOptions, "repo" | "password" | "env"> = {},
): Promise<Outcome> {
  const out: string[] = [];
  const errors: string[] = [];
  const sink = (pieces: string[]) => ({
    write: (data: string | Uint8Array) => pieces.push(Buffer.from(data as Uint8Array).toString()),
  });
  const code = await run({
    argv: args,
    variables: { TZ: "UTC", RESTIC_REPOSITORY: repo, RESTIC_PASSWORD: password ?? undefined, ...env },
    stdout: sink(out),
    stderr: sink(errors),
    signal: new AbortController().signal,
  });
  const [stdout, stderr] = [out.join(""), errors.join("")];
  const command = ["tastic", ...args].join(" ");
  return { command, code, signal: null, stdout, stderr, bytes: Buffer.from(stdout) };
}
