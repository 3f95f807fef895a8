/**
 * HTTP/2 over the standard input and output of the user's own rclone, `rclone serve restic --stdio`. Nothing listens
 * anywhere, so there is no port that others could reach and no password to keep; it works through ssh, as restic's
 * documentation describes; and rclone ends when its input does, whatever becomes of us.
 */
import { randomBytes } from "node:crypto";
import { Duplex } from "node:stream";
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import { startProgram, type Program } from "@tastic/storage";
import { Http2Transport } from "./http2-transport.js";
import type { Answer, Request, Transport } from "./transport.js";

export interface RcloneTransportOptions {
  /** The program and its arguments, the last of which is the remote. */
  readonly command: readonly string[];
  /** What of it may be shown in messages. */
  readonly shown: string;
  /** How long the first answer may take, in milliseconds. */
  readonly timeout: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

interface Running {
  readonly program: Program;
  readonly transport: Http2Transport;
}

const patience = 2000;

export class RcloneTransport implements Transport {
  readonly #options: RcloneTransportOptions;
  readonly #closing = new AbortController();
  #running: Promise<Running> | undefined;

  constructor(options: RcloneTransportOptions) {
    this.#options = options;
  }

  async send(request: Request, signal?: AbortSignal): Promise<Answer> {
    const { program, transport } = await unlessAborted(this.#run(), signal);
    try {
      return await transport.send(request, signal);
    } catch (error) {
      if (isTasticError(error) || !transport.ended) throw error;
      throw new Error(`rclone ended: ${program.lastWords() || messageOf(error)}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const running = await this.#running?.catch(() => undefined);
    await running?.transport.close();
    await running?.program.stop(patience);
  }

  /** The rclone that runs; one that has ended is followed by another. */
  async #run(): Promise<Running> {
    const before = await this.#running?.catch(() => undefined);
    if (before?.transport.ended === false && this.#running !== undefined) return this.#running;
    if (before === undefined && this.#running !== undefined) return this.#running;
    const running = this.#start();
    this.#running = running;
    // The error is told to whoever waits for it; another call tries again.
    running.catch(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return running;
  }

  async #start(): Promise<Running> {
    const { command, shown, timeout, headers, onLine } = this.#options;
    const [name = "", ...args] = command;
    const program = await startProgram({
      program: name,
      args,
      shield: "session",
      onLine,
      guidance: "Install rclone (https://rclone.org), or name it with -o rclone.program=/path/to/rclone.",
    });
    const transport = new Http2Transport(
      Duplex.from({ readable: program.output, writable: program.input }),
      headers,
    );
    const late = AbortSignal.timeout(timeout);
    const closing = this.#closing.signal;
    const onClosing = (): void => void transport.close();
    closing.addEventListener("abort", onClosing, { once: true });
    if (closing.aborted) onClosing();
    try {
      // A name that no object has: any answer says that rclone is there.
      const path = `file-${randomBytes(8).toString("hex")}`;
      await transport.send({ method: "GET", path }, late);
      return { program, transport };
    } catch (error) {
      await transport.close();
      await program.stop(patience);
      const { code, signal } = await program.ended;
      const end = signal === null ? `exit code ${code}` : signal;
      const reason = late.aborted
        ? `did not answer within ${timeout / 1000} s`
        : `ended before it answered (${end}): ${program.lastWords()}`;
      throw new TasticError(
        late.aborted ? "storage-failed" : "invalid-argument",
        `${shown}: rclone ${reason}`,
        {
          guidance: "Check the remote with `rclone lsd`, and rclone's configuration.",
          data: { location: shown },
          cause: error,
        },
      );
    } finally {
      closing.removeEventListener("abort", onClosing);
    }
  }
}

/** The result, or a rejection as soon as the signal is aborted. */
async function unlessAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Error("the request was given up"));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}
