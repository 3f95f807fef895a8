/** What a command has of the world: its output, its variables, and whoever sits there. */
import { readFile } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { TasticError } from "@tastic/errors";
import { storageError } from "@tastic/storage";

export interface Terminal {
  readonly variables: NodeJS.ProcessEnv;
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
  /** Results. */
  out(text: string): void;
  /** What happens meanwhile. */
  err(text: string): void;
  /** Aborted by Ctrl-C and its like. */
  readonly signal: AbortSignal;
}

export interface SecretSource {
  /** For the question and for errors: "the password of the backup". */
  readonly what: string;
  /** A file that has nothing else in it. */
  readonly file: string | undefined;
  readonly variable: string;
}

/**
 * A secret, from a file, a variable or somebody who types it unseen; never from the command line, which everybody on the
 * machine can read. @throws TasticError no-password
 */
export async function secretOf(terminal: Terminal, source: SecretSource): Promise<string> {
  const given = await givenSecret(terminal, source);
  if (given !== undefined) return given;
  if (terminal.input.isTTY === true) return ask(terminal, source.what, true);
  throw new TasticError("no-password", `${source.what} is needed`, {
    guidance: `Put it into a file and name that, or into the variable ${source.variable}.`,
  });
}

/** The same, where it may be missing. */
export async function givenSecret(
  { variables }: Terminal,
  { what, file, variable }: SecretSource,
): Promise<string | undefined> {
  const value = file === undefined ? variables[variable] : await readSecret(file);
  // No program that is started from here is to inherit it.
  delete variables[variable];
  if (value === undefined) return undefined;
  if (value === "") throw new TasticError("no-password", `${what} is empty`);
  return value;
}

export async function ask(terminal: Terminal, question: string, silent: boolean): Promise<string> {
  const { read } = await import("read");
  terminal.signal.throwIfAborted();
  try {
    return await read({ prompt: `${question}: `, silent, output: process.stderr });
  } catch (cause) {
    throw new TasticError("cancelled", "nothing was entered", { cause });
  } finally {
    // The line end that was typed was not shown either.
    if (silent) terminal.err("\n");
  }
}

async function readSecret(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).replace(/^\ufeff/, "").replace(/\r?\n$/, "");
  } catch (error) {
    throw storageError(error, "read", file);
  }
}
