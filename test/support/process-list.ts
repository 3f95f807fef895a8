/** What everybody on the machine can see of a running program and of those that it starts: their command lines. */
import { readdir, readFile } from "node:fs/promises";

/**
 * Collects the command lines of a process and of all below it until `finished` settles. Empty where there is no /proc.
 */
export async function commandLinesOf(
  pid: number | undefined,
  finished: Promise<unknown>,
): Promise<Set<string>> {
  const seen = new Set<string>();
  let done = false;
  const end = (): void => void (done = true);
  finished.then(end, end);
  while (!done) {
    if (pid !== undefined) await look(pid, seen);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return seen;
}

async function look(pid: number, seen: Set<string>): Promise<void> {
  try {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8");
    if (line !== "") seen.add(line.replaceAll("\0", " "));
    for (const thread of await readdir(`/proc/${pid}/task`)) {
      const children = await readFile(`/proc/${pid}/task/${thread}/children`, "utf8");
      for (const child of children.split(" ").filter((text) => text !== "")) await look(Number(child), seen);
    }
  } catch {
    // It has ended.
  }
}
