/** A program that serves, as a process of its own: how it is started, told from what it prints, and killed. */
import { fileURLToPath } from "node:url";
import { startProgram, type RunOptions } from "../../../../test/support/programs.js";
import { whenOver } from "./when-over.js";

/** The command as it is installed. */
export const command = fileURLToPath(new URL("../../bin/3bot-backup.js", import.meta.url));
export const commandWithClock = fileURLToPath(
  new URL("../programs/threebot-with-clock.mjs", import.meta.url),
);

export interface ServiceProcess {
  /** What it has printed so far, and what it has logged. */
  out(): string;
  err(): string;
  /** Waits until it has printed something of this form. @throws what it printed, if it ends instead */
  printed(form: RegExp): Promise<string[]>;
  write(line: string): void;
  /** As a power failure does. */
  kill(): Promise<void>;
}

/** Starts a program of Node; it is killed when the test is over. */
export async function startService(
  args: readonly string[],
  options: Pick<RunOptions, "env" | "home"> = {},
): Promise<ServiceProcess> {
  const { child, finished } = await startProgram(process.execPath, args, {
    ...options,
    input: { open: true },
    timeout: 3_600_000,
  });
  let [out, err] = ["", ""];
  const waiting = new Set<() => void>();
  const tell = (): void => {
    for (const look of waiting) look();
  };
  child.stdout?.on("data", (piece: Buffer) => {
    out += piece.toString();
    tell();
  });
  child.stderr?.on("data", (piece: Buffer) => (err += piece.toString()));
  let over = false;
  const end = finished.then(
    () => undefined,
    () => undefined,
  );
  void end.then(() => {
    over = true;
    tell();
  });
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await end;
  };
  whenOver(kill);
  return {
    out: () => out,
    err: () => err,
    write: (line) => void child.stdin?.write(`${line}\n`),
    kill,
    printed: (form) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = form.exec(out);
          if (found === null && !over) return;
          waiting.delete(look);
          if (found !== null) resolve([...found]);
          else reject(new Error(`${args.join(" ")} ended: ${out}\n${err}`));
        };
        waiting.add(look);
        look();
      }),
  };
}
