/**
 * Extended attributes by way of perl, which can make any call of the system by number (xattr(7)). One process serves
 * all requests: it reads them from its standard input, and sends answers in the same order.
 *
 * A request is a letter and strings, each after its length in four bytes, little-endian:
 *     r path                    → count, then for each attribute: name, value; or -errno
 *     s path, name, value       → 0 or -errno
 *     d path, name              → 0 or -errno
 */
import { TasticError } from "@tastic/errors";
import { decodeName, encodeName } from "@tastic/format";
import type { ExtendedAttribute } from "@tastic/format";
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { getSystemErrorName } from "node:util";
import { attributeError } from "./attribute-error.js";
import type { AttributeFailure, AttributeTool } from "./extended-attributes.js";

/** perl's own build says which numbers the calls have: lsetxattr, lgetxattr, llistxattr, lremovexattr. */
const SCRIPT = String.raw`
use Config;
my ($set, $get, $list, $remove) =
  $Config{ptrsize} != 8 ? () :
  $Config{archname} =~ /^x86_64/ ? (189, 192, 195, 198) :
  $Config{archname} =~ /^(aarch64|riscv64|loongarch64)/ ? (6, 9, 12, 15) : ();
exit 1 unless $^O eq "linux" && defined $set;
binmode STDIN; binmode STDOUT;
my ($in, $out, $room) = ("", "ready", "\0" x 65536);
sub flush { while (length $out) { my $n = syswrite STDOUT, $out; exit 1 unless defined $n; substr($out, 0, $n) = "" } }
sub need { while (length($in) < $_[0]) { flush(); exit 0 unless sysread STDIN, $in, 65536, length $in } }
sub string { need(4); my $n = unpack "V", $in; need(4 + $n); my $s = substr $in, 4, $n; substr($in, 0, 4 + $n) = ""; $s }
sub status { $out .= pack "l<", $_[0] < 0 ? -$! : 0 }
flush();
while (1) {
  need(1);
  my $op = substr $in, 0, 1; substr($in, 0, 1) = "";
  my $path = string();
  if ($op eq "r") {
    my $n = syscall $list, $path, $room, 65536;
    if ($n < 0) { $out .= pack "l<", -$!; next }
    my ($count, $answer) = (0, "");
    for my $name (split /\0/, substr $room, 0, $n) {
      my $m = syscall $get, $path, $name, $room, 65536;
      if ($m < 0) { next }
      $count++;
      $answer .= pack("V/a V/a", $name, substr $room, 0, $m);
    }
    $out .= pack("l<", $count) . $answer;
    flush() if length $out > 65536;
  } elsif ($op eq "s") {
    my ($name, $value) = (string(), string());
    status(syscall $set, $path, $name, $value, length $value, 0);
  } else {
    my $name = string();
    status(syscall $remove, $path, $name);
  }
}
`;

const READY = "ready";
/** What the system says of a file system without attributes, and of an attribute that is not there. */
const NO_ATTRIBUTES = new Set(["ENOTSUP", "EOPNOTSUPP", "ENODATA"]);
/** How many bytes of requests are handed over at once. */
const BATCH_BYTES = 1 << 16;

type Perl = ChildProcessByStdio<Writable, Readable, null>;
type Answer = number | ExtendedAttribute[];
interface Pending {
  readonly isRead: boolean;
  resolve(answer: Answer): void;
  reject(error: TasticError): void;
}

function encodeRequest(operation: "r" | "s" | "d", ...strings: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(operation)];
  for (const bytes of strings) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

/** Takes one answer off the front of `bytes`; undefined if not all of it is there. */
function decodeAnswer(bytes: Buffer, isRead: boolean): { answer: Answer; length: number } | undefined {
  if (bytes.length < 4) return undefined;
  const count = bytes.readInt32LE(0);
  if (count < 0 || !isRead) return { answer: count, length: 4 };
  const attributes: ExtendedAttribute[] = [];
  let at = 4;
  const next = (): Buffer | undefined => {
    if (at + 4 > bytes.length) return undefined;
    const start = at + 4;
    const end = start + bytes.readUInt32LE(at);
    if (end > bytes.length) return undefined;
    at = end;
    return bytes.subarray(start, end);
  };
  for (let index = 0; index < count; index++) {
    const name = next();
    const value = name && next();
    if (name === undefined || value === undefined) return undefined;
    attributes.push({ name: decodeName(name), value: Uint8Array.from(value) });
  }
  return { answer: attributes, length: at };
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

  async read(paths: readonly string[], onFailure?: AttributeFailure): Promise<Map<string, ExtendedAttribute[]>> {
    const found = new Map<string, ExtendedAttribute[]>();
    const answers: Promise<void>[] = [];
    let batch: Buffer[] = [];
    let length = 0;
    for (const path of paths) {
      const request = encodeRequest("r", encodeName(path));
      const answer = new Promise<Answer>((resolve, reject) => this.#pending.push({ isRead: true, resolve, reject }));
      answers.push(
        answer.then((attributes) => {
          if (typeof attributes !== "number") {
            if (attributes.length > 0) found.set(path, attributes);
            return;
          }
          const reason = getSystemErrorName(attributes);
          if (!NO_ATTRIBUTES.has(reason)) onFailure?.(path, reason);
        }),
      );
      batch.push(request);
      length += request.length;
      if (length < BATCH_BYTES) continue;
      this.#send(Buffer.concat(batch));
      [batch, length] = [[], 0];
    }
    if (length > 0) this.#send(Buffer.concat(batch));
    await Promise.all(answers);
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
    for (const { isRead, resolve } of this.#pending) {
      const decoded = decodeAnswer(this.#unread.subarray(at), isRead);
      if (decoded === undefined) break;
      at += decoded.length;
      answered++;
      resolve(decoded.answer);
    }
    this.#unread = this.#unread.subarray(at);
    this.#pending.splice(0, answered);
    if (this.#pending.length === 0) this.#hold(false);
  }

  #fail(): void {
    const pending = this.#pending.splice(0);
    for (const { reject } of pending) {
      reject(new TasticError("internal", "the perl process that handles extended attributes ended unexpectedly"));
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
  const perl = spawn(command, ["-e", SCRIPT], { stdio: ["pipe", "pipe", "ignore"], env });
  const isReady = await new Promise<boolean>((resolve) => {
    perl.once("error", () => resolve(false));
    perl.once("exit", () => resolve(false));
    perl.stdout.once("data", (bytes: Buffer) => resolve(bytes.toString("latin1") === READY));
  });
  if (isReady) return new PerlTool(perl);
  perl.kill();
  return undefined;
}
