/** `generate`: completions for shells, and manual pages, of the commands as they are. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineCommand } from "../command.js";
import type { Context } from "../command.js";
import { text } from "../flags.js";
import type { Described } from "../generate/described-commands.js";
import { describeCommands } from "../generate/described-commands.js";
import { bashCompletion } from "../generate/bash.js";
import { fishCompletion } from "../generate/fish.js";
import { manualPages } from "../generate/man.js";
import { powershellCompletion } from "../generate/powershell.js";
import { zshCompletion } from "../generate/zsh.js";
import { programName } from "../program.js";
import { systemErrorText } from "../system-error-text.js";
import { fatal, plain } from "../text-error.js";

/** What stands for standard output. */
const STDOUT = "-";

export const command = defineCommand({
  usage: "[flags]",
  description:
    "Writes completions for shells, and manual pages; a single completion may go to standard output with -.",
  flags: {
    bashCompletion: text("file", "write a completion for bash"),
    fishCompletion: text("file", "write a completion for fish"),
    man: text("directory", "write manual pages to this folder"),
    powershellCompletion: text("file", "write a completion for PowerShell"),
    zshCompletion: text("file", "write a completion for zsh"),
  },
  async run(context, { flags, args }) {
    if (args.length > 0) {
      throw fatal(
        "the generate command expects no arguments, only options - please see `restic help generate` for usage and flags",
      );
    }
    const wanted: readonly (readonly [file: string, make: (described: Described) => string])[] = [
      [flags.bashCompletion, bashCompletion],
      [flags.fishCompletion, fishCompletion],
      [flags.zshCompletion, zshCompletion],
      [flags.powershellCompletion, powershellCompletion],
    ];
    if (wanted.filter(([file]) => file === STDOUT).length > 1) {
      throw fatal("the generate command can generate shell completions to stdout for single shell only");
    }
    const completions = wanted.filter(([file]) => file !== "");
    if (flags.man === "" && completions.length === 0) {
      throw fatal("nothing to do, please specify at least one output file/dir");
    }
    const described = await describeCommands(programName());
    if (flags.man !== "") await writeManual(context, flags.man, described);
    for (const [file, make] of completions) {
      if (file === STDOUT) context.output.text(make(described));
      else await write(file, make(described));
    }
  },
});

async function writeManual({ output }: Context, folder: string, described: Described): Promise<void> {
  output.info(`writing man pages to directory ${folder}`);
  for (const { name, text: troff } of manualPages(described)) await write(join(folder, name), troff);
}

async function write(path: string, content: string): Promise<void> {
  await writeFile(path, content).catch((error: unknown) => {
    throw plain(`open ${path}: ${systemErrorText(error)}`, { cause: error });
  });
}
