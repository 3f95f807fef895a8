/** Runs a command without a shell, with an input that nobody else sees, within a time. */
import { spawn } from "node:child_process";
import { TasticError } from "@tastic/errors";

export interface CommandResult {
  /** Undefined if it did not end by itself. */
  readonly code: number | undefined;
  readonly output: string;
  /** The last line that it complained with. */
  readonly problem: string;
}

export interface CommandOptions {
  readonly input: string;
  /** Are struck out from what it printed. */
  readonly secrets: readonly string[];
  /** In milliseconds. */
  readonly timeout: number;
}

const maximumOutput = 64 * 1024;
const passedOn = [
  "PATH",
  "HOME",
  "LANG",
  "LC_ALL",
  "USER",
  "LOGNAME",
  "SSH_AUTH_SOCK",
  "DOCKER_HOST",
  "XDG_RUNTIME_DIR",
];

/** @throws TasticError not-found for a program that is not there */
export function runCommand(command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const [program = "", ...args] = command;
  const env = Object.fromEntries(
    passedOn.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env,
      stdio: "pipe",
      timeout: options.timeout,
      killSignal: "SIGKILL",
    });
    const [output, problem] = [new Kept(), new Kept()];
    child.stdout.on("data", (piece: Buffer) => output.add(piece));
    child.stderr.on("data", (piece: Buffer) => problem.add(piece));
    child.once("error", (cause) =>
      reject(new TasticError("not-found", `the program ${program} cannot be run`, { cause })),
    );
    child.once("close", (code) =>
      resolve({
        code: code ?? undefined,
        output: output.text(options.secrets),
        problem: problem.text(options.secrets).trimEnd().split("\n").at(-1) ?? "",
      }),
    );
    // It may end without reading all of it.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
  });
}

/** The last of what a program printed. */
class Kept {
  #bytes = Buffer.alloc(0);

  add(piece: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, piece]).subarray(-maximumOutput);
  }

  text(secrets: readonly string[]): string {
    let text = this.#bytes.toString("utf8");
    for (const secret of secrets) text = text.replaceAll(secret, "***");
    return text;
  }
}
