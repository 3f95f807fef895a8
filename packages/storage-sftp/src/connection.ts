/** The way to the server: the user's own ssh, or another command, and an SFTP session over its input and output. */
import { type ErrorCode, isTasticError, messageOf, TasticError } from "@tastic/errors";
import { startProgram, type Program } from "@tastic/storage";
import { RemoteFiles } from "./remote-files.js";
import { SftpSession } from "./session.js";
import type { SftpLocation } from "./sftp-location.js";

export interface ConnectionOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly shown: string;
  readonly onLine: (line: string) => void;
}

export interface Connection {
  readonly files: RemoteFiles;
  readonly session: SftpSession;
  readonly program: Program;
}

const patience = 2000;
// Enough to type a password in; ssh servers give up earlier.
const connectTimeout = 180_000;

/** The command that restic runs for a location; `args` are the user's. */
export function sshCommand({ host, port, user }: SftpLocation, args: readonly string[] = []): string[] {
  return [
    "ssh",
    host,
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(user === undefined ? [] : ["-l", user]),
    ...args,
    "-s",
    "sftp",
  ];
}

/** Keeps one connection, and makes another when it has ended. */
export class Connector {
  readonly #options: ConnectionOptions;
  #current: Promise<Connection> | undefined;
  readonly #closing = new AbortController();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Errors: `invalid-argument`, `access-denied` or `storage-failed`, by what the command says. */
  async get(): Promise<Connection> {
    if (this.#closing.signal.aborted) throw new TasticError("cancelled", `${this.#options.shown} was closed`);
    const before = this.#current;
    if (before !== undefined) {
      const connection = await before.catch(() => undefined);
      if (connection?.session.ended === false) return connection;
      // Another caller may have begun anew meanwhile.
      if (this.#current !== before && this.#current !== undefined) return this.#current;
      if (connection !== undefined) void connection.program.stop(patience);
    }
    this.#current = connect(this.#options, this.#closing.signal);
    return this.#current;
  }

  /** Drops a connection that owes answers for longer than `milliseconds`: the next one may have more luck. */
  dropIfSilent(connection: Connection, milliseconds: number): void {
    if (connection.session.silence < milliseconds) return;
    connection.session.fail(new Error("the server does not answer"));
    void connection.program.stop(patience);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const connection = await this.#current?.catch(() => undefined);
    connection?.session.fail(new TasticError("cancelled", `${this.#options.shown} was closed`));
    await connection?.program.stop(patience);
  }
}

async function connect(
  { command, shown, onLine }: ConnectionOptions,
  closing: AbortSignal,
): Promise<Connection> {
  const [name = "", ...args] = command;
  const program = await startProgram({
    program: name,
    args,
    shield: "ignore",
    onLine,
    guidance: "Install OpenSSH's client, or give a command with -o sftp.command=….",
  });
  const session = new SftpSession(program.input, program.output, program.lastWords);
  const files = new RemoteFiles(session);
  const onClosing = (): void => session.fail(new TasticError("cancelled", `${shown} was closed`));
  if (closing.aborted) onClosing();
  closing.addEventListener("abort", onClosing, { once: true });
  const late = setTimeout(() => session.fail(new Error("the server does not answer")), connectTimeout);
  try {
    await session.open();
    await files.learnLimits();
    return { files, session, program };
  } catch (error) {
    await program.stop(patience);
    if (isTasticError(error)) throw error;
    const { code, signal } = await program.ended;
    const words = program.lastWords();
    const end = signal === null ? `exit code ${code}` : signal;
    throw new TasticError(
      codeFor(words, code),
      `cannot connect to ${shown}: ${words || messageOf(error)} (${name}: ${end})`,
      {
        guidance: "Try the same with `ssh` or `sftp` at a terminal; keys and hosts are set up there.",
        data: { location: shown, exitCode: code },
        cause: error,
      },
    );
  } finally {
    clearTimeout(late);
    closing.removeEventListener("abort", onClosing);
  }
}

const refused =
  /permission denied|host key verification failed|authentication fail|subsystem request failed|no matching host key/i;

/** ssh ends with 255 for whatever goes wrong on the way, and says only in words what it is. */
function codeFor(words: string, exitCode: number | null): ErrorCode {
  if (refused.test(words)) return "access-denied";
  return exitCode === 255 || exitCode === null ? "storage-failed" : "invalid-argument";
}
