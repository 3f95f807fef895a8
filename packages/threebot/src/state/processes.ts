/** Whether the process that wrote something down is still the one that has its number. */
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { systemErrorCode } from "@tastic/errors";

/** Numbers of processes mean the same where this is the same. */
export async function thisMachine(): Promise<string> {
  const [boot, processes] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    readlink("/proc/self/ns/pid").catch(() => ""),
  ]);
  return [hostname(), boot.trim(), processes].filter((part) => part !== "").join(" ");
}

/** When a process began, as the machine counts. Undefined where the system does not tell, or there is no such process. */
export async function processState(pid: number): Promise<{ began: string; isDead: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name of the program is in brackets, and may have any in it.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", began] = [fields[0], fields[19]];
  return began === undefined ? undefined : { began, isDead: /[ZXx]/.test(state) };
}

export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}
