/**
 * Which process is a 3Bot's. A process id alone says nothing after a while: it may be another program's. So what counts is
 * its arguments, among which is the 3Bot's own folder; that also finds one whose starter was killed before it could write
 * down the id.
 */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { hasSystemCode, storageError } from "@tastic/storage";

/** The processes whose last arguments are these, whatever runs them. */
export async function processesWith(args: readonly string[]): Promise<number[]> {
  const found: number[] = [];
  let ids: string[];
  try {
    ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  } catch (error) {
    if (!hasSystemCode(error, ["ENOENT"])) throw error;
    return listedWith(args.join(" "));
  }
  for (const id of ids) {
    try {
      const line = (await readFile(`/proc/${id}/cmdline`, "utf8")).split("\0").slice(0, -1);
      const last = line.slice(-args.length);
      if (last.length === args.length && last.every((one, i) => one === args[i])) found.push(Number(id));
    } catch (error) {
      // It has ended, or is somebody else's.
      if (!hasSystemCode(error, ["ENOENT", "ESRCH", "EACCES", "EPERM"])) throw error;
    }
  }
  return found.filter((id) => id !== process.pid);
}

/** Where there is no /proc. */
function listedWith(end: string): Promise<number[]> {
  return new Promise((resolve, reject) => {
    execFile("ps", ["-A", "-o", "pid=,args="], { maxBuffer: 16 * 1024 * 1024 }, (error, text) => {
      if (error !== null) return reject(storageError(error, "list", "processes"));
      const lines = text.split("\n").filter((line) => line.trimEnd().endsWith(` ${end}`));
      resolve(lines.map((line) => Number.parseInt(line, 10)).filter((id) => id > 0 && id !== process.pid));
    });
  });
}
