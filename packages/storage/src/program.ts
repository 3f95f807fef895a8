/**
 * A program of the user's that opens the way to a storage (ssh, rclone) and speaks over its standard input and output:
 * started, listened to, and ended with us, however we end. It ends when its input does, which the system sees to even
 * where we are killed.
 */
import type { ChildProcess } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { messageOf, TasticError } from "@tastic/errors";

export interface ProgramOptions {
  readonly program: string;
  readonly args: readonly string[];
  /**
   * How Ctrl-C at the terminal is kept from it, since the storage is needed once more then, to remove a lock.
   * "session": it gets a session of its own, and no terminal. "ignore": it keeps the terminal, to ask for a password,
   * and begins with the signals ignored, which ssh respects.
   */
  readonly shield: "session" | "ignore";
  /** Gets each line of its standard error. */
  readonly onLine: (line: string) => void;
  /** What to do where there is no such program. */
  readonly guidance: string;
}

/** How a program ended: with an exit code, or by a signal. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly input: Writable;
  readonly output: Readable;
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<ProgramEnd>;
  /** What it printed last on its standard error, in one line; "" for nothing. */
  readonly lastWords: () => string;
  /** Ends its input, and it a while later if that does not end it. Settles when it has ended. */
  readonly stop: (patience: number) => Promise<void>;
}

const maximumLine = 1000;
const rememberedLines = 4;
const running = new Set<ChildProcess>();

/** Starts a program. Errors: `invalid-argument` where there is no such program, or it cannot be run. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const path = findProgram(options.program);
  if (path === undefined) throw noProgram(options, undefined);
  const ignoring = options.shield === "ignore" && process.platform !== "win32";
  const [command, ...args] = ignoring
    ? ["/bin/sh", "-c", 'trap "" INT HUP QUIT; exec "$0" "$@"', path, ...options.args]
    : [path, ...options.args];
  const { spawn } = process.getBuiltinModule("node:child_process");
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    detached: options.shield === "session" && process.platform !== "win32",
    windowsHide: true,
  });
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => reject(noProgram(options, error)));
  });
  child.on("error", () => {
    // A signal that could not be sent: `close` tells how it ended.
  });
  endWithUs(child);
  const lines = readLines(child.stderr, options.onLine);
  return {
    input: child.stdin,
    output: child.stdout,
    ended,
    lastWords: () => lines.join("; "),
    stop: (patience) => stop(child, ended, patience),
  };
}

async function stop(child: ChildProcess, ended: Promise<ProgramEnd>, patience: number): Promise<void> {
  child.stdin?.destroy();
  // Nobody reads what it still has to say, and a full pipe must not keep it.
  child.stdout?.resume();
  const timers = [
    setTimeout(() => child.kill("SIGTERM"), patience),
    setTimeout(() => child.kill("SIGKILL"), patience * 2),
    // Something that it started may hold the pipes open.
    setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, patience * 3),
  ];
  await ended;
  for (const timer of timers) clearTimeout(timer);
}

/** Kills the program should we exit with it still there. */
function endWithUs(child: ChildProcess): void {
  if (running.size === 0) process.on("exit", killAll);
  running.add(child);
  child.once("close", () => {
    running.delete(child);
    if (running.size === 0) process.off("exit", killAll);
  });
}

function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Hands out the lines of `stream`, and returns the last ones, an array that goes on changing. */
function readLines(stream: Readable, onLine: (line: string) => void): readonly string[] {
  const last: string[] = [];
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const take = (line: string): void => {
    const text = line.replace(/\r$/, "").slice(0, maximumLine);
    if (text.trim() === "") return;
    last.push(text.trim());
    if (last.length > rememberedLines) last.shift();
    onLine(text);
  };
  stream.on("data", (bytes: Buffer) => {
    const lines = (rest + decoder.write(bytes)).split("\n");
    rest = (lines.pop() ?? "").slice(0, maximumLine);
    for (const line of lines) take(line);
  });
  stream.on("end", () => take(rest + decoder.end()));
  stream.on("error", () => {
    // What it says about itself is a help, not what it is there for.
  });
  return last;
}

/** Where a program is: in the PATH, or where its own path says. */
function findProgram(program: string): string | undefined {
  // Windows has rules of its own, which its system applies.
  if (process.platform === "win32") return program;
  if (program.includes("/")) return isProgram(program) ? program : undefined;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, program)).find((path) => isProgram(path));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function noProgram({ program, guidance }: ProgramOptions, cause: unknown): TasticError {
  const reason = cause === undefined ? "there is no such program" : messageOf(cause);
  return new TasticError("invalid-argument", `cannot run ${program}: ${reason}`, {
    guidance,
    data: { program },
    ...(cause === undefined ? {} : { cause }),
  });
}
