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
  ): Promise<Map<string, readonly ExtendedAttribute[]>> {
    const result = new Map<string, readonly ExtendedAttribute[]>();
    if (paths.length === 0) return result;
    const answer = await this.#ask(encodeRequest("r", encodeName(`${paths.join("\0")}\0`)), true);
    if (typeof answer === "number") return result;
    for (const { index, found } of answer) {
      const path = paths[index] ?? "";
      if (typeof found !== "number") {
        if (found.length > 0) result.set(path, found);
        continue;
      }
      const reason = getSystemErrorName(found);
      if (!NO_ATTRIBUTES.has(reason)) onFailure?.(path, reason);
    }
    return result;
  }

  async write(path: string, attributes: readonly ExtendedAttribute[]): Promise<void> {
    for (const { name, value } of attributes) {
      const status = Number(
        await this.#ask(encodeRequest("s", encodeName(path), encodeName(name), value), false),
      );
      if (status < 0) throw attributeError("set", path, name, getSystemErrorName(status));
    }
  }

  async remove(path: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const status = Number(await this.#ask(encodeRequest("d", encodeName(path), encodeName(name)), false));
      const reason = status < 0 ? getSystemErrorName(status) : undefined;
      if (reason !== undefined && reason !== "ENODATA") throw attributeError("remove", path, name, reason);
    }
  }

  close(): void {
    this.#perl.stdin.end();
  }

  #ask(request: Buffer, isRead: boolean): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ isRead, resolve, reject });
      this.#send(request);
    });
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
