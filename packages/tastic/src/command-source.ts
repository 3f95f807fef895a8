/**
 * A source of a backup that a program prints: `--stdin-from-command`.
 */
import { systemErrorCode } from "@tastic/errors";
import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { plain } from "./text-error.js";

export interface CommandSource {
  /** What the program prints. Fails at its end if the program failed, so that nothing incomplete is taken for good. */
  readonly stream: Readable;
  /** Ends the program if it still runs. */
  stop(): void;
}

/**
 * Starts the program. Errors: `invalid-argument` if that is not possible.
 * @param failed makes the stream's error of what the program ended with
 */
export async function startCommand(
  words: readonly string[],
  failed: (reason: string) => Error,
): Promise<CommandSource> {
  const [program = "", ...args] = words;
  const child = spawn(program, args, { stdio: ["inherit", "pipe", "inherit"], windowsHide: true });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once("close", (code, signal) =>
      resolve(code === 0 ? undefined : signal === null ? `exit status ${code}` : `signal: ${signal}`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => {
      const reason =
        systemErrorCode(error) === "ENOENT" ? "executable file not found in $PATH" : error.message;
      reject(plain(`failed to start command: exec: ${JSON.stringify(program)}: ${reason}`, { cause: error }));
    });
  });
  async function* output(): AsyncGenerator<Uint8Array> {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const failure = await ended;
    if (failure !== undefined) throw failed(failure);
  }
  return { stream: Readable.from(output(), { objectMode: false }), stop: () => void child.kill() };
}
