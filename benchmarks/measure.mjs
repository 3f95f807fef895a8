// Runs a command and says what it took. bash's own `time` gives the seconds and the processor's seconds, exactly and
// on every Linux; the peak of memory is the kernel's mark (VmHWM), read until the command ends. It only ever rises,
// so what can be missed is the rise of the last milliseconds.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * What one run took: seconds by the clock, seconds of processors in the program and in the kernel, bytes of memory.
 * @typedef {{ wall: number, user: number, system: number, peak: number }} Figures
 */
/** @typedef {{ cwd: string, env: Record<string, string> }} Surroundings */

// Descriptor 3 is ours. The program replaces a subshell, whose process id we get beforehand. The braces after `time`
// are needed: a subshell right there would do the timing itself, and be gone before it is done.
const script = `
TIMEFORMAT='%3R %3U %3S'
{ time { (echo "$BASHPID" >&3; exec "$@" 2>&4 3>&- 4>&-); }; } 4>&2 2>&3
`;

const POLL_MS = 5;
const TIMEOUT_MS = 30 * 60_000;

/**
 * Runs to the end. Fails, with the program's last words, if the program fails.
 * @param {readonly string[]} command
 * @param {Surroundings} surroundings
 * @returns {Promise<{ figures: Figures, stdout: string }>}
 */
export async function measure(command, { cwd, env }) {
  const bash = spawn("bash", ["-c", script, "bash", ...command], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let [stdout, stderr, report] = ["", "", ""];
  bash.stdout?.setEncoding("utf8").on("data", (text) => (stdout += text));
  bash.stderr?.setEncoding("utf8").on("data", (text) => (stderr += text));
  /** @type {import("node:stream").Readable} */ (bash.stdio[3]).on("data", (data) => (report += data));

  const pid = () => Number(/^(\d+)\n/.exec(report)?.[1] ?? 0);
  let peak = 0;
  const poll = setInterval(() => {
    if (pid() > 0) peak = Math.max(peak, highWaterMark(pid()));
  }, POLL_MS);
  const timeout = setTimeout(() => {
    if (pid() > 0) process.kill(pid(), "SIGKILL");
  }, TIMEOUT_MS);
  const end = await new Promise((resolve, reject) => {
    bash.on("error", reject);
    bash.on("close", (code, signal) => resolve(signal ?? code));
  }).finally(() => {
    clearInterval(poll);
    clearTimeout(timeout);
  });

  const times = /^\d+\n([\d.]+) ([\d.]+) ([\d.]+)$/m.exec(report);
  if (end !== 0 || !times) {
    const lines = `${stdout}\n${stderr}`.trim().split("\n");
    const said = lines.find((line) => /^(Fatal|\w*Error\b)/.test(line)) ?? lines.slice(-3).join(" ");
    throw new Error(`${command.slice(0, 3).join(" ")} failed (${end}): ${said}`);
  }
  const [wall, user, system] = times.slice(1).map(Number);
  return { figures: { wall, user, system, peak }, stdout };
}

/** Bytes of memory that a process has had at most, or 0 if it is gone. @param {number} pid */
function highWaterMark(pid) {
  try {
    const mark = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    return Number(mark ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * The median of each figure.
 * @template {Figures} T
 * @param {readonly T[]} runs
 * @returns {T}
 */
export function medians(runs) {
  const names = /** @type {(keyof T)[]} */ (Object.keys(runs[0]));
  return /** @type {T} */ (
    Object.fromEntries(names.map((name) => [name, median(runs.map((run) => Number(run[name])))]))
  );
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
