/** The way to the server: the user's own ssh, or another command, and an SFTP session over its input and output. */
import { type ErrorCode, messageOf, TasticError } from "@tastic/errors";
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
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Errors: `invalid-argument`, `access-denied` or `storage-failed`, by what the command says. */
  async get(): Promise<Connection> {
    if (this.#closed) throw new TasticError("cancelled", `${this.#options.shown} was closed`);
    const before = this.#current;
    if (before !== undefined) {
      const connection = await before.catch(() => undefined);
      if (connection?.session.ended === false) return connection;
      // Another caller may have begun anew meanwhile.
      if (this.#current !== before && this.#current !== undefined) return this.#current;
      if (connection !== undefined) void connection.program.stop(patience);
    }
    this.#current = connect(this.#options);
    return this.#current;
  }

  /** Drops a connection that owes answers for longer than `milliseconds`: the next one may have more luck. */
  dropIfSilent(connection: Connection, milliseconds: number): void {
    if (connection.session.silence < milliseconds) return;
    connection.session.fail(new Error("the server does not answer"));
    void connection.program.stop(patience);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = await this.#current?.catch(() => undefined);
    connection?.session.fail(new TasticError("cancelled", `${this.#options.shown} was closed`));
    await connection?.program.stop(patience);
  }
}

async function connect({ command, shown, onLine }: ConnectionOptions): Promise<Connection> {
  const [name = "", ...args] = command;
  const program = await startProgram({
    program: name,
    args,
    shield: "ignore",
    onLine,
    guidance: "Install OpenSSH's client, or give a command with -o sftp.command=….",
  });
  const session = new SftpSession(program.input, program.output);
  const files = new RemoteFiles(session);
  try {
    await session.open();
    await files.learnLimits();
    return { files, session, program };
  } catch (error) {
    await program.stop(patience);
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
  }
}

const refused =
  /permission denied|host key verification failed|authentication fail|subsystem request failed|no matching host key/i;

/** ssh ends with 255 for whatever goes wrong on the way, and says only in words what it is. */
function codeFor(words: string, exitCode: number | null): ErrorCode {
  if (refused.test(words)) return "access-denied";
  return exitCode === 255 || exitCode === null ? "storage-failed" : "invalid-argument";
}
