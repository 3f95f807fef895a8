/** The command `3bot-backup`: finds out what is wanted, and says what went wrong. */
import { isTasticError, messageOf, systemErrorCode, TasticError } from "@tastic/errors";
import { visibleText } from "../shell/value.js";
import { demo, demoFlags } from "./demo.js";
import { helpOfFlags, type Flags } from "./flags.js";
import { marketplace, marketplaceFlags } from "./marketplace.js";
import { list, listFlags, token, tokenFlags } from "./operator.js";
import { recover, recoverFlags } from "./recover.js";
import { serve, serveFlags } from "./serve.js";
import { shell, shellFlags } from "./shell.js";
import type { OpenOwner } from "./state-flags.js";
import type { Terminal } from "./terminal.js";

export interface Command {
  readonly summary: string;
  readonly flags: Flags;
  run(args: readonly string[], terminal: Terminal, open: OpenOwner): Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  serve: { summary: "the service of a 3Bot, with its page", flags: serveFlags, run: serve },
  recover: { summary: "brings everything back from name and password", flags: recoverFlags, run: recover },
  shell: { summary: "a prompt: restic = j.tools.restic.minio_backup", flags: shellFlags, run: shell },
  marketplace: {
    summary: "registers 3Bots, gives them two backup servers, deploys and recovers them",
    flags: marketplaceFlags,
    run: marketplace,
  },
  token: {
    summary: "a token with which a new 3Bot registers at a marketplace",
    flags: tokenFlags,
    run: token,
  },
  list: { summary: "the 3Bots of a marketplace", flags: listFlags, run: list },
  demo: { summary: "all of it on this machine, to be looked at", flags: demoFlags, run: demo },
};

/** Returns the exit code. */
export async function main(args: readonly string[], terminal: Terminal, open: OpenOwner): Promise<number> {
  const [name = "--help", ...rest] = args;
  try {
    if (name === "--help" || name === "help" || name === "-h") {
      terminal.out(help());
      return 0;
    }
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined)
      throw new TasticError("invalid-argument", `there is no command ${name}`, {
        guidance: "See 3bot-backup --help.",
      });
    if (rest.includes("--help")) {
      terminal.out(`3bot-backup ${name}: ${command.summary}\n\n${helpOfFlags(command.flags)}\n`);
      return 0;
    }
    return await command.run(rest, terminal, open);
  } catch (error) {
    terminal.err(`3bot-backup: ${visibleText(messageOf(error))}\n`);
    const guidance = guidanceOf(error);
    if (guidance !== undefined) terminal.err(`${visibleText(guidance)}\n`);
    return isTasticError(error, "cancelled") ? 130 : 1;
  }
}

function guidanceOf(error: unknown): string | undefined {
  if (isTasticError(error)) return error.guidance;
  if (systemErrorCode(error) !== "EADDRINUSE") return undefined;
  return "Another program listens there already, perhaps this one. Stop it, or choose another address.";
}

function help(): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(12)} ${summary}`);
  return `3Bot Backup: your 3Bot, and the way back.\n\n${rows.join("\n")}\n\nMore: 3bot-backup COMMAND --help\n`;
}
