/** tastic's command in this process: the same command line without the cost of starting a program, which is most of it. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands } from "../../packages/tastic/dist/commands.js";
import { run } from "../../packages/tastic/dist/run.js";
import { inFolder, removeFolder } from "./folders.js";
import { runTastic } from "./peers.js";
import { environmentOf, type Outcome, type RunOptions } from "./programs.js";

type HereOptions = Pick<RunOptions, "repo" | "password" | "env" | "home">;

/**
 * Runs a command line to its end. What it does with the working folder, with signals or with its standard input is that of
 * the tests themselves: see `inFolder`, and start a program for the others.
 */
export async function runTasticHere(args: readonly string[], options: HereOptions = {}): Promise<Outcome> {
  const ownHome = options.home === undefined ? await mkdtemp(join(tmpdir(), "tastic-home-")) : undefined;
  try {
    return await outcomeOf(args, environmentOf(options.home ?? ownHome!, options));
  } finally {
    if (ownHome !== undefined) await removeFolder(ownHome);
  }
}

/** Commands that print past what they are given to print to, or that go on until a signal comes. */
const ONLY_AS_PROGRAMS = ["dump", "mount", "serve"];
const started = new Set<string>();

/**
 * Runs a command line as a program the first time that a test file runs its command, and where it needs one; any other in
 * this process.
 */
export async function runTasticMostlyHere(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const { input, socket, timeout, password, cwd, env } = options;
  const command = Object.keys(commands).findLast((name) => ` ${args.join(" ")} `.includes(` ${name} `)) ?? "";
  const isFirst = !started.has(command);
  started.add(command);
  const needsProgram =
    [input, socket, timeout].some((option) => option !== undefined) ||
    // Without one it is read from standard input.
    password === null ||
    password === "" ||
    (env !== undefined && "TZ" in env) ||
    ONLY_AS_PROGRAMS.includes(command.split(" ")[0] ?? "");
  if (isFirst || needsProgram) return runTastic(args, options);
  const here = (): Promise<Outcome> => runTasticHere(args, options);
  return cwd === undefined ? here() : inFolder(cwd, here);
}

async function outcomeOf(args: readonly string[], variables: Record<string, string>): Promise<Outcome> {
  const printed: [Uint8Array[], Uint8Array[]] = [[], []];
  const [stdout, stderr] = printed.map((pieces) => ({
    write: (data: string | Uint8Array): number => pieces.push(Buffer.from(data)),
  }));
  const code = await run({
    argv: args,
    variables,
    stdout: stdout!,
    stderr: stderr!,
    signal: new AbortController().signal,
  });
  const [out, errors] = printed.map((pieces) => Buffer.concat(pieces));
  const command = ["tastic", ...args].join(" ");
  return { command, code, signal: null, stdout: out!.toString(), stderr: errors!.toString(), bytes: out! };
}
