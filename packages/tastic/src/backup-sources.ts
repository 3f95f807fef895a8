/**
 * What a backup is made of: files and folders named on the command line and in lists, or a stream.
 */
import { isTasticError, systemErrorCode } from "@tastic/errors";
import { readFilesFrom } from "@tastic/snapshots";
import { lstatSync } from "node:fs";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import type { Context } from "./command.js";
import { startCommand } from "./command-source.js";
import type { BackupValues } from "./commands/backup.js";
import { fatal, orPlain, plain } from "./text-error.js";

/** One file whose content is a stream. */
export interface StreamSource {
  readonly filename: string;
  readonly stream: Readable;
  stop(): void;
}

export interface BackupSources {
  /** Files and folders that exist; none for a stream. */
  readonly targets: readonly string[];
  /** Opens the stream, where that is the source. */
  open?(): Promise<StreamSource>;
  /** Was something missing, as far as is known by now? */
  incomplete(): boolean;
}

/** @throws TasticError invalid-argument, no-source */
export async function collectSources(
  context: Context,
  given: BackupValues,
  args: readonly string[],
): Promise<BackupSources> {
  if (given.stdin || given.stdinFromCommand) return streamSource(context, given, args);
  const { output } = context;
  const listed = await orPlain(
    readFilesFrom({
      patterns: given.filesFrom,
      verbatim: given.filesFromVerbatim,
      raw: given.filesFromRaw,
      warn: (message) => output.error(message),
    }).catch((error: unknown) => {
      throw isTasticError(error) && error.data["problem"] === "malformed-raw-list"
        ? fatal(error.message)
        : error;
    }),
  );
  const named = [...listed, ...args];
  if (named.length === 0) throw fatal("nothing to backup, please specify source files/dirs");
  const targets = named.filter((target) => {
    const found = exists(target);
    if (!found) output.error(`${target} does not exist, skipping`);
    return found;
  });
  if (targets.length === 0) throw fatal("all source directories/files do not exist", { code: "no-source" });
  return { targets, incomplete: () => targets.length < named.length };
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    // Whatever else is wrong with it shows when it is read.
    return systemErrorCode(error) !== "ENOENT";
  }
}

function streamSource({ output }: Context, given: BackupValues, args: readonly string[]): BackupSources {
  refuseFiles(given, args);
  const filename = given.stdinFilename.replace(/^\/+/, "");
  if (basename(filename) === "" || filename === ".")
    throw plain("failed to backup from stdin: invalid filename specified");
  const unread = (reason: string): string => {
    const message = `failed to save /${filename}: ${reason}`;
    const event = { message_type: "error", error: { message }, during: "archival", item: `/${filename}` };
    if (output.json) output.errorValue(event);
    else output.error(`error: ${message}`);
    return message;
  };
  return {
    targets: [],
    incomplete: () => false,
    async open() {
      if (!given.stdinFromCommand) {
        return { filename, stream: process.stdin, stop: () => process.stdin.destroy() };
      }
      const source = await startCommand(args, (reason) => plain(unread(`Fatal: command failed: ${reason}`)));
      return { filename, ...source };
    },
  };
}

function refuseFiles(given: BackupValues, args: readonly string[]): void {
  const flag = given.stdin ? "--stdin" : "--stdin-from-command";
  for (const [name, values] of [
    ["--files-from", given.filesFrom],
    ["--files-from-verbatim", given.filesFromVerbatim],
    ["--files-from-raw", given.filesFromRaw],
  ] as const) {
    if (values.length > 0) throw fatal(`${flag} and ${name} cannot be used together`);
  }
  if (!given.stdinFromCommand && args.length > 0) {
    throw fatal("--stdin was specified and files/dirs were listed as arguments");
  }
  if (given.stdinFromCommand && args.length === 0) throw plain("no command was specified as argument");
}
