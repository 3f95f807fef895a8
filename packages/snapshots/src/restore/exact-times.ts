/**
 * Setting times to the nanosecond. Node's calls stop at microseconds, and a restored file whose time is not exactly what
 * it was counts as changed at the next backup; so a perl process, where there is one, makes the system's own call,
 * utimensat(2), once Node has set the time as well as it can. Whatever goes wrong here leaves that time.
 */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { RECORD_HEAD, TimeRecords } from "./time-records.js";

/** The number of utimensat by processor; perl knows it only where its C headers were converted. */
const CALLS: Partial<Record<NodeJS.Architecture, number>> = {
  x64: 280,
  arm64: 88,
  riscv64: 88,
  loong64: 88,
  s390x: 315,
  ppc64: 304,
};

/** Reads `TimeRecords`; -100 stands for paths as they are, 256 for links themselves. */
const SCRIPT = `
  binmode STDIN;
  my ($call, $head, $path) = (@ARGV);
  while (read(STDIN, $head, ${RECORD_HEAD}) == ${RECORD_HEAD}) {
    my ($length) = unpack("L", $head);
    last if read(STDIN, $path, $length) != $length;
    syscall($call + 0, -100, $path, substr($head, 4), 256);
  }`;
const BATCH = 1 << 16;

/** Times in nanoseconds since 1970. */
export class ExactTimes {
  #perl: ChildProcessByStdio<Writable, null, null> | undefined;
  #isOver = process.platform !== "linux" || CALLS[process.arch] === undefined;
  readonly #records = new TimeRecords();
  #draining: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  /** Sets the times of what is at an absolute path, a link itself, some time before `close` resolves. */
  set(path: string, atime: bigint, mtime: bigint): void {
    if (this.#isOver) return;
    this.#records.set(path, atime, mtime);
    if (this.#records.length >= BATCH) this.#send(this.#records.take());
  }

  /** Sets the times of records made elsewhere. */
  setAll(records: Uint8Array): void {
    this.#send(records);
  }

  /** Resolves when no more is waiting than the process takes in one go. */
  async drained(): Promise<void> {
    if (this.#isOver || this.#perl?.stdin.writableNeedDrain !== true) return;
    this.#draining ??= new Promise((resolve) => (this.#wake = resolve));
    await this.#draining;
  }

  /** Waits until all times are set, and ends the process. */
  async close(): Promise<void> {
    this.#send(this.#records.take());
    const perl = this.#perl;
    if (perl === undefined || this.#isOver) return;
    const over = once(perl, "exit").catch(() => undefined);
    perl.stdin.end();
    await over;
  }

  #send(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#isOver) return;
    this.#perl ??= this.#start();
    this.#perl.stdin.write(bytes);
  }

  #start(): ChildProcessByStdio<Writable, null, null> {
    const env = { PATH: process.env["PATH"], LC_ALL: "C" };
    const call = String(CALLS[process.arch] ?? 0);
    const perl = spawn("perl", ["-e", SCRIPT, call], { stdio: ["pipe", "ignore", "ignore"], env });
    const resume = (): void => {
      this.#wake?.();
      this.#draining = undefined;
    };
    const end = (): void => {
      this.#isOver = true;
      perl.stdin.destroy();
      resume();
    };
    perl.on("error", end);
    perl.on("exit", end);
    perl.stdin.on("error", end);
    perl.stdin.on("drain", resume);
    return perl;
  }
}
