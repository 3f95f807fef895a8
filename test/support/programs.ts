/** Running programs as a stranger would: with nothing of this machine's settings, and a home folder of their own. */
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { mkdir, mkdtemp } from "node:fs/promises";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFolder } from "./folders.js";

/** The password of test repositories. */
export const testPassword = "geheim";

export interface RunOptions {
  /** The repository, passed as RESTIC_REPOSITORY. */
  readonly repo?: string;
  /** Passed as RESTIC_PASSWORD: `testPassword` if not given, nothing for null. */
  readonly password?: string | null;
  /** Further variables; undefined takes one of the usual ones away. TZ is UTC if not given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The working folder; the home folder if not given. */
  readonly cwd?: string;
  /** The home folder, with the cache in it: an empty one for this run if not given. */
  readonly home?: string;
  /** What the program reads from its standard input; nothing if not given; `{ open: true }` leaves it to the test. */
  readonly input?: string | Uint8Array | { readonly open: true };
  /** After how many milliseconds the program is killed and the run fails; 50,000 if not given. */
  readonly timeout?: number;
  /** A socket that listens, as the program's descriptor 3. It is closed here, so that only the program has it. */
  readonly socket?: Server;
}

/** How a program ended and what it printed. */
export interface Outcome {
  /** The command line, for messages. */
  readonly command: string;
  /** The exit code, or null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it was, for content that is no text. */
  readonly bytes: Uint8Array;
}

/** A program that is running. */
export interface Running {
  readonly child: ChildProcess;
  /** Settles when it has ended and all of its output is there. */
  readonly finished: Promise<Outcome>;
}

/** Starts a program, for tests that do something to it while it runs. */
export async function startProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Running> {
  const ownHome = options.home === undefined ? await mkdtemp(join(tmpdir(), "tastic-home-")) : undefined;
  const home = options.home ?? ownHome!;
  const env = environmentOf(home, options);
  await mkdir(env["TMPDIR"]!, { recursive: true });
  const stdio: StdioOptions = ["pipe", "pipe", "pipe"];
  // Node's types do not say so, but a socket has a descriptor of the system.
  if (options.socket !== undefined)
    // oxlint-disable-next-line no-underscore-dangle -- it is Node's name
    stdio.push((options.socket as unknown as { _handle: { fd: number } })._handle.fd);
  const child = spawn(program, args, { cwd: options.cwd ?? home, env, stdio });
  options.socket?.close();
  const finished = (async () => {
    try {
      return await outcomeOf(child, [program, ...args].join(" "), options);
    } finally {
      if (ownHome !== undefined) await removeFolder(ownHome);
    }
  })();
  return { child, finished };
}

/** Runs a program to its end, whatever its exit code. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return (await startProgram(program, args, options)).finished;
}

/** The outcome itself where the program succeeded, else an error with all it printed: `succeed(await runTastic(…))`. */
export function succeed(outcome: Outcome): Outcome {
  if (outcome.code === 0) return outcome;
  const { command, code, signal, stdout, stderr } = outcome;
  throw new Error(`${command}\nended with ${code ?? signal}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`);
}

/** What a program with `--json` printed: one value for each line. */
export function jsonLines(outcome: Outcome): unknown[] {
  return outcome.stdout
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as unknown);
}

/** Only what programs need to run at all: nothing of RESTIC_*, AWS_*, TASTIC_* gets in. */
export function environmentOf(
  home: string,
  options: Pick<RunOptions, "repo" | "password" | "env">,
): Record<string, string> {
  const needed = ["PATH", "PATHEXT", "SYSTEMROOT", "COMSPEC"];
  const password = options.password === undefined ? testPassword : options.password;
  const all: Record<string, string | null | undefined> = {
    ...Object.fromEntries(needed.map((name) => [name, process.env[name]])),
    HOME: home,
    USERPROFILE: home,
    LOCALAPPDATA: join(home, ".cache"),
    XDG_CACHE_HOME: join(home, ".cache"),
    RESTIC_CACHE_DIR: join(home, ".cache", "restic"),
    TMPDIR: join(home, "tmp"),
    TEMP: join(home, "tmp"),
    TZ: "UTC",
    LC_ALL: "C.UTF-8",
    RESTIC_REPOSITORY: options.repo,
    RESTIC_PASSWORD: password,
    ...options.env,
  };
  const given = Object.entries(all).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(given);
}

function outcomeOf(child: ChildProcess, command: string, options: RunOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    const timeout = options.timeout ?? 50_000;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeout);
    child.stdout?.on("data", (data: Buffer) => output.push(data));
    child.stderr?.on("data", (data: Buffer) => errors.push(data));
    // A program that ends without reading its input is no failure of the test.
    child.stdin?.on("error", () => {});
    const { input } = options;
    if (typeof input !== "object" || input instanceof Uint8Array) child.stdin?.end(input);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const bytes = Uint8Array.from(Buffer.concat(output));
      const stdout = Buffer.from(bytes).toString("utf8");
      const stderr = Buffer.concat(errors).toString("utf8");
      if (late) reject(new Error(`${command}\ndid not end within ${timeout} ms\n${stdout}\n${stderr}`));
      else resolve({ command, code, signal, stdout, stderr, bytes });
    });
  });
}
