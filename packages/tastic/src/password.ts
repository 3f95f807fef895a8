/**
 * Where the password comes from: a command, a file, a variable, or whoever sits at the terminal.
 */
import { messageOf, systemErrorCode } from "@tastic/errors";
import { readFileSync } from "node:fs";
import { askPassword, readPasswordLine } from "./password-prompt.js";
import { splitShellWords } from "@tastic/storage";
import { fatal, plain } from "./text-error.js";

/** What the user said of the password. */
export interface PasswordSources {
  readonly command: string;
  readonly file: string;
  /** The value of the variable. */
  readonly variable: string | undefined;
  /** The password is empty, and the user knows. */
  readonly insecureNoPassword: boolean;
  /** It opens the second repository of a command, of whose password restic speaks in fewer words. */
  readonly isSecond?: boolean;
}

/** No password manager prints more than this. */
const MAX_OUTPUT = 1 << 20;

/**
 * The password as given beforehand; undefined where nobody gave one.
 * @throws TasticError invalid-argument where sources contradict each other or cannot be read
 */
export function givenPassword(sources: PasswordSources): string | undefined {
  const { command, file, variable, insecureNoPassword, isSecond = false } = sources;
  const unresolved = (message: string): Error =>
    isSecond ? plain(message) : fatal(`Resolving password failed: ${message}`);
  if (command !== "" && file !== "")
    throw unresolved("Fatal: Password file and command are mutually exclusive options");
  const password =
    command !== ""
      ? runCommand(command, unresolved)
      : file !== ""
        ? readPasswordFile(file, unresolved)
        : variable;
  if (!insecureNoPassword) return password;
  if (password !== undefined && password !== "") {
    throw fatal(
      "--insecure-no-password must not be specified together with providing a password via a cli option or environment variable",
    );
  }
  return "";
}

export interface PromptOptions {
  readonly prompt: string;
  readonly signal: AbortSignal;
}

/** Asks for the password, or reads it from a standard input that is no terminal. */
export function promptForPassword({ prompt, signal }: PromptOptions): Promise<string> {
  return process.stdin.isTTY ? askPassword(prompt, signal) : readPasswordLine();
}

/** Asks twice, since nobody could tell a typing error from the real one later. */
export async function promptForNewPassword(prompt: string, signal: AbortSignal): Promise<string> {
  const password = await promptForPassword({ prompt, signal });
  if (password === "" || !process.stdin.isTTY) return password;
  if ((await askPassword("enter password again: ", signal)) === password) return password;
  throw fatal("passwords do not match");
}

/** @throws TasticError no-password for an empty one that was not asked for */
export function refuseEmpty(password: string, insecureNoPassword: boolean, prefix = ""): string {
  if (password !== "" || insecureNoPassword) return password;
  throw fatal(
    `${prefix}an empty password is not allowed by default. ` +
      "Pass the flag `--insecure-no-password` to restic to disable this check",
    { code: "no-password" },
  );
}

/**
 * The password in a file: without white space around it.
 * @param fail makes the error of its message
 */
export function readPasswordFile(
  path: string,
  fail: (message: string) => Error = (message) => fatal(message),
): string {
  try {
    return decodePassword(readFileSync(path)).trim();
  } catch (error) {
    const missing = systemErrorCode(error) === "ENOENT";
    throw fail(missing ? `Fatal: ${path} does not exist` : `Readfile: ${messageOf(error)}`);
  }
}

/** Text of a file that an editor may have marked with a byte order mark: UTF-8, or UTF-16 with such a mark. */
export function decodePassword(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return new TextDecoder().decode(bytes);
}

/** What the command prints, without white space around it. Its errors and questions go to the terminal. */
function runCommand(line: string, unresolved: (message: string) => Error): string {
  let words: string[];
  try {
    words = splitShellWords(line);
  } catch (error) {
    throw unresolved(messageOf(error));
  }
  const [program = "", ...args] = words;
  // Loaded here, since it takes a while and few ask for it.
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const { error, status, signal, stdout } = spawnSync(program, args, {
    stdio: ["inherit", "pipe", "inherit"],
    maxBuffer: MAX_OUTPUT,
    windowsHide: true,
  });
  if (systemErrorCode(error) === "ENOENT") {
    throw unresolved(`exec: ${JSON.stringify(program)}: executable file not found in $PATH`);
  }
  if (error !== undefined) throw unresolved(messageOf(error));
  if (signal !== null) throw unresolved(`signal: ${signal}`);
  if (status !== 0) throw unresolved(`exit status ${status}`);
  return decodePassword(stdout).trim();
}
