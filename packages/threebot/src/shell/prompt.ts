/** The prompt: reads lines, prints what they come to, goes on after an error. */
import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { isTasticError, messageOf } from "@tastic/errors";
import type { Run } from "../owner/service.js";
import type { RemoteOwner } from "../owner-api/client.js";
import { jumpscaleNames } from "./jumpscale.js";
import { ShellSession } from "./session.js";
import { ShellError } from "./shell-error.js";
import { visibleText } from "./value.js";

export interface PromptOptions {
  readonly owner: RemoteOwner;
  readonly input: Readable;
  readonly output: Writable;
  /** A person types: there is a prompt, and names are completed. */
  readonly terminal: boolean;
}

const prompt = "JS-NG> ";
const ends = new Set(["exit", "exit()", "quit", "quit()"]);

const help = `restic = j.tools.restic.minio_backup          the repository at your Minio
restic = j.tools.restic.config_backup_1       the two of the marketplace
restic.list_snapshots(tags=None, last=False, path=None)
restic.backup(path=None, tags=None)
restic.restore("/")                           the newest, to where it came from
restic.restore(target_path, snapshot_id=None) another one, or to another folder
restic.forget(keep_last=10, snapshots=None, tags=None)
restic.auto_backup() · restic.auto_backup_running() · restic.disable_auto_backup()
job = j.sals.backupjob.new("photos", paths=["~/photos"], clients=["minio_backup"])
job.execute(block=False) · job.list_snapshots(client) · job.restore(client, target_path="/", snapshot_id=None)
exit`;

/** Returns whether all lines could be worked out. */
export async function runPrompt({ owner, input, output, terminal }: PromptOptions): Promise<boolean> {
  const session = new ShellSession(jumpscaleNames(owner, terminal ? tellOnce(output) : undefined));
  const lines = createInterface({
    input,
    output,
    terminal,
    prompt: terminal ? prompt : "",
    completer: (line: string): [string[], string] => {
      const [typed] = /[\w.]*$/.exec(line) ?? [""];
      return [session.completions(typed), typed];
    },
  });
  let good = true;
  lines.prompt();
  for await (const line of lines) {
    const typed = line.trim();
    if (ends.has(typed)) break;
    const text = typed === "help" || typed === "help()" ? help : await attempt(session, typed);
    if (text !== undefined) output.write(`${typeof text === "string" ? text : text.problem}\n`);
    if (typeof text === "object") good = false;
    lines.prompt();
  }
  lines.close();
  return good;
}

async function attempt(
  session: ShellSession,
  line: string,
): Promise<string | { readonly problem: string } | undefined> {
  try {
    return await session.run(line);
  } catch (error) {
    return { problem: visibleText(problemOf(error)) };
  }
}

function problemOf(error: unknown): string {
  if (error instanceof ShellError) return `${error.kind}: ${error.message}`;
  if (!isTasticError(error)) return `Error: ${messageOf(error)}`;
  const name = error.code === "invalid-argument" ? "ValueError" : "Error";
  return [`${name}: ${error.message}`, error.guidance ?? []].flat().join("\n");
}

/** One line for each step of a run. */
function tellOnce(output: Writable): (run: Run) => void {
  let last = "";
  return ({ id, step }) => {
    const said = `${id} ${step}`;
    if (said !== last) output.write(`${step} …\n`);
    last = said;
  };
}
