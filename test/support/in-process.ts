/** The command run in the process of the test, for tests of many command lines: a start costs more than most of these. */
import { run } from "../../packages/tastic/dist/run.js";
import { testPassword, type Outcome } from "./programs.js";

export interface RunHereOptions {
  /** Passed as RESTIC_REPOSITORY. */
  readonly repo?: string;
  /** Passed as RESTIC_PASSWORD: `testPassword` if not given, nothing for null. */
  readonly password?: string | null;
  /** Further variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command line to its end. It must read no standard input, and depend on no working folder. */
export async function runHere(
  argv: readonly string[],
  { repo, password = testPassword, env = {} }: RunHereOptions = {},
): Promise<Outcome> {
  const printed: [Uint8Array[], Uint8Array[]] = [[], []];
  const [stdout, stderr] = printed.map((pieces) => ({
    write: (data: string | Uint8Array): number => pieces.push(Buffer.from(data)),
  }));
  const code = await run({
    argv,
    variables: {
      PATH: process.env["PATH"],
      ...(repo === undefined ? {} : { RESTIC_REPOSITORY: repo }),
      ...(password === null ? {} : { RESTIC_PASSWORD: password }),
      ...env,
    },
    stdout: stdout!,
    stderr: stderr!,
    signal: new AbortController().signal,
  });
  const [out, err] = printed.map((pieces) => Buffer.concat(pieces));
  return {
    command: `tastic ${argv.join(" ")}`,
    code,
    signal: null,
    stdout: out!.toString(),
    stderr: err!.toString(),
    bytes: out!,
  };
}
