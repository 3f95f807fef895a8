/**
 * Extended attributes by way of perl. One process serves all requests.
 */
import { TasticError } from "@tastic/errors";
import { encodeName } from "@tastic/format";
import type { ExtendedAttribute } from "@tastic/format";
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { getSystemErrorName } from "node:util";
import { attributeError } from "./attribute-error.js";
import type { AttributeFailure, AttributeTool } from "./extended-attributes.js";
import { decodeAnswer, encodeRequest, PERL_SCRIPT, READY } from "./perl-protocol.js";
import type { Answer } from "./perl-protocol.js";

/** What the system says of a file system without attributes. */
const NO_ATTRIBUTES = new Set(["ENOTSUP", "EOPNOTSUPP", "ENODATA"]);
/** How many bytes of requests are handed over at once. */
const BATCH_BYTES = 1 << 16;

type Perl = ChildProcessByStdio<Writable, Readable, null>;
interface Pending {
  readonly isRead: boolean;
  resolve(answer: Answer): void;
  reject(error: TasticError): void;
}

/** The process and the requests it has not answered. */
class PerlTool implements AttributeTool {
  readonly #perl: Perl;
  #pending: Pending[] = [];
  #unread: Buffer = Buffer.alloc(0);

  constructor(perl: Perl) {
    this.#perl = perl;
    perl.stdout.on("data", (bytes: Buffer) => this.#receive(bytes));
    perl.stdin.on("error", () => this.#fail());
    perl.on("exit", () => this.#fail());
    this.#hold(false);
  }

  async read(
    paths: readonly string[],
    onFailure?: AttributeFailure,
  ): Promise<Map<string, ExtendedAttribute[]>> {
    const found = new Map<string, ExtendedAttribute[]>();
    const take = (path: string, answer: Answer): void => {
      if (typeof answer !== "number") {
        if (answer.length > 0) found.set(path, answer);
        return;
      }
      const reason = getSystemErrorName(answer);
      if (!NO_ATTRIBUTES.has(reason)) onFailure?.(path, reason);
    };
    await new Promise<void>((resolve, reject) => {
      let left = paths.length;
      if (left === 0) resolve();
      let batch: Buffer[] = [];
      let length = 0;
      for (const [index, path] of paths.entries()) {
        this.#pending.push({
          isRead: true,
          resolve: (answer) => {
            take(path, answer);
            if (--left === 0) resolve();
          },
          reject,
        });
        const request = encodeRequest("r", encodeName(path));
        batch.push(request);
        length += request.length;
        if (length < BATCH_BYTES && index < paths.length - 1) continue;
        this.#send(Buffer.concat(batch));
        [batch, length] = [[], 0];
      }
    });
    return found;
  }

  async write(path: string, attributes: readonly ExtendedAttribute[]): Promise<void> {
    for (const { name, value } of attributes) {
      const status = await this.#ask(encodeRequest("s", encodeName(path), encodeName(name), value));
      if (status < 0) throw attributeError("set", path, name, getSystemErrorName(status));
    }
  }

  async remove(path: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const status = await this.#ask(encodeRequest("d", encodeName(path), encodeName(name)));
      const reason = status < 0 ? getSystemErrorName(status) : undefined;
      if (reason !== undefined && reason !== "ENODATA") throw attributeError("remove", path, name, reason);
    }
  }

  close(): void {
    this.#perl.stdin.end();
  }

  async #ask(request: Buffer): Promise<number> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#pending.push({ isRead: false, resolve, reject });
      this.#send(request);
    });
    return Number(answer);
  }

  #send(bytes: Buffer): void {
    this.#hold(true);
    if (this.#perl.exitCode !== null || !this.#perl.stdin.writable) this.#fail();
    else this.#perl.stdin.write(bytes);
  }

  #receive(bytes: Buffer): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    let at = 0;
    let answered = 0;
    for (const request of this.#pending) {
      const decoded = decodeAnswer(this.#unread.subarray(at), request.isRead);
      if (decoded === undefined) break;
      at += decoded.length;
      answered++;
      request.resolve(decoded.answer);
    }
    this.#unread = this.#unread.subarray(at);
    this.#pending.splice(0, answered);
    if (this.#pending.length === 0) this.#hold(false);
  }

  #fail(): void {
    for (const request of this.#pending.splice(0)) {
      request.reject(
        new TasticError("internal", "the perl process that handles extended attributes ended early"),
      );
    }
  }

  /** While a request waits, the process keeps this one alive; otherwise it must not. */
  #hold(on: boolean): void {
    for (const handle of [this.#perl, this.#perl.stdin, this.#perl.stdout]) {
      const { ref, unref } = handle as { ref?: () => void; unref?: () => void };
      (on ? ref : unref)?.call(handle);
    }
  }
}

/** undefined if there is no perl, or none that knows the calls. */
export async function createPerlTool(command = "perl"): Promise<AttributeTool | undefined> {
  const env = { PATH: process.env["PATH"], LC_ALL: "C" };
  const perl = spawn(command, ["-e", PERL_SCRIPT], { stdio: ["pipe", "pipe", "ignore"], env });
  const isReady = await new Promise<boolean>((resolve) => {
    perl.once("error", () => resolve(false));
    perl.once("exit", () => resolve(false));
    perl.stdout.once("data", (bytes: Buffer) => resolve(bytes.toString("latin1") === READY));
  });
  if (isReady) return new PerlTool(perl);
  perl.kill();
  return undefined;
}
