/**
 * Where a command prints: text on standard output, more or less of it as the user asked; JSON instead of text; errors
 * on standard error.
 */
import { encodeName } from "@tastic/format";
import { exitCodeOf } from "../exit-code.js";
import type { Verbosity } from "../global-flags.js";
import { guidanceOf, textOf } from "../text-error.js";
import { goJson } from "./go-json.js";

/** What we print to: a stream of Node, or a stand-in. */
export interface Sink {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(data: string | Uint8Array): unknown;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly verbosity: Verbosity;
  readonly stdout: Sink;
  readonly stderr: Sink;
}

/** Text is gathered up to this length, since each write costs a system call. */
const BUFFER_LENGTH = 1 << 16;
const CLEAR_LINE = "\r\u001b[2K";

export class Output {
  readonly json: boolean;
  readonly verbosity: Verbosity;
  readonly stdout: Sink;
  readonly #stderr: Sink;
  #buffer = "";
  #flushing: NodeJS.Immediate | undefined;
  #status: readonly string[] = [];

  constructor({ json, verbosity, stdout, stderr }: OutputOptions) {
    this.json = json;
    this.verbosity = verbosity;
    this.stdout = stdout;
    this.#stderr = stderr;
  }

  /** Does someone watch? */
  get onTerminal(): boolean {
    return this.stdout.isTTY === true;
  }

  /** What the user asked for: printed whatever the flags say. */
  result(text: string): void {
    this.#append(`${text}\n`);
  }

  /** A part of a line, or many lines: the same without a line end. */
  text(text: string): void {
    this.#append(text);
  }

  /** What happens: not with `--quiet` or `--json`. */
  info(text: string): void {
    if (!this.json && this.verbosity >= 1) this.result(text);
  }

  /** More of it, with `-v`. */
  verbose(text: string): void {
    if (!this.json && this.verbosity >= 2) this.result(text);
  }

  /** All of it, with `-vv`. */
  detail(text: string): void {
    if (!this.json && this.verbosity >= 3) this.result(text);
  }

  /** What only someone at a terminal cares for. */
  terminalInfo(text: string): void {
    if (this.onTerminal) this.info(text);
  }

  /** One JSON value on a line of its own. */
  value(value: unknown): void {
    this.result(goJson(value));
  }

  /** Something that went wrong without ending the command. */
  error(text: string): void {
    this.#writeError(`${text}\n`);
  }

  /** The same as JSON. */
  errorValue(value: unknown): void {
    this.#writeError(`${goJson(value)}\n`);
  }

  /** What ended the command. */
  failure(error: unknown, debug: boolean): void {
    const message = textOf(error);
    if (this.json) {
      this.errorValue({ message_type: "exit_error", code: exitCodeOf(error), message });
    } else {
      this.error(message);
      const guidance = guidanceOf(error);
      if (guidance !== undefined) this.error(guidance);
    }
    if (debug && error instanceof Error) this.error(error.stack ?? "");
  }

  /** Bytes as they are. Resolves when there is room for more. */
  async bytes(bytes: Uint8Array): Promise<void> {
    this.flush();
    if (this.stdout.write(bytes) !== false) return;
    const stream = this.stdout as NodeJS.WriteStream;
    await new Promise<void>((resolve) => {
      stream.once("drain", resolve);
      stream.once("close", resolve);
      stream.once("error", () => resolve());
    });
  }

  /** Shows lines at the bottom of the terminal until others take their place; none clears them. */
  status(lines: readonly string[]): void {
    if (!this.onTerminal) return;
    this.flush();
    // Some terminals say that they have no columns at all.
    const width = this.stdout.columns || 80;
    this.#eraseStatus();
    this.#status = lines.map((line) => line.slice(0, Math.max(1, width - 1)));
    this.stdout.write(this.#status.join("\n"));
  }

  /** Writes out what was gathered. */
  flush(): void {
    if (this.#flushing !== undefined) clearImmediate(this.#flushing);
    this.#flushing = undefined;
    if (this.#buffer === "") return;
    const status = this.#status;
    this.#eraseStatus();
    this.stdout.write(rawText(this.#buffer));
    this.#buffer = "";
    if (status.length > 0) this.status(status);
  }

  #append(text: string): void {
    this.#buffer += text;
    if (this.#buffer.length >= BUFFER_LENGTH) this.flush();
    else this.#flushing ??= setImmediate(() => this.flush());
  }

  #writeError(text: string): void {
    this.flush();
    const status = this.#status;
    this.#eraseStatus();
    this.#stderr.write(rawText(text));
    if (status.length > 0) this.status(status);
  }

  #eraseStatus(): void {
    if (this.#status.length === 0) return;
    this.stdout.write(CLEAR_LINE + `\u001b[1A${CLEAR_LINE}`.repeat(this.#status.length - 1));
    this.#status = [];
  }
}

/** File names need not be UTF-8: their bytes go out as they are. */
function rawText(text: string): string | Uint8Array {
  return text.isWellFormed() ? text : encodeName(text);
}
