/** `3bot-backup token` and `3bot-backup list`: what the operator of a marketplace does, whether it runs or not. */
import { resolve } from "node:path";
import { TasticError } from "@tastic/errors";
import { issueTokenIn, listThreebotsIn } from "../marketplace/operator.js";
import { parseFlags, type Flags } from "./flags.js";
import type { Terminal } from "./terminal.js";

const folderFlag = { folder: { value: "FOLDER", help: "of the marketplace" } } satisfies Flags;

export const tokenFlags = {
  ...folderFlag,
  name: { value: "NAME", help: "of the 3Bot that may register with it" },
  days: { value: "DAYS", help: "for which it is good" },
} satisfies Flags;

export const listFlags = folderFlag;

export async function token(args: readonly string[], terminal: Terminal): Promise<number> {
  const flags = parseFlags(args, tokenFlags);
  const name = needed(flags.text("name"), "name");
  const folder = resolve(needed(flags.text("folder"), "folder"));
  terminal.out(`${await issueTokenIn(folder, name, daysOf(flags.text("days")))}\n`);
  return 0;
}

export async function list(args: readonly string[], terminal: Terminal): Promise<number> {
  const folder = resolve(needed(parseFlags(args, listFlags).text("folder"), "folder"));
  for (const { name, state, undoUntil } of await listThreebotsIn(folder)) {
    const until = undoUntil === undefined ? "" : `, until ${undoUntil} this can be undone`;
    terminal.out(`${name}  ${state}${until}\n`);
  }
  return 0;
}

function needed(given: string | undefined, flag: string): string {
  if (given !== undefined) return given;
  throw new TasticError("invalid-argument", `--${flag} is needed`);
}

function daysOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const days = Number(given);
  if (Number.isInteger(days) && days >= 1 && days <= 365) return days;
  throw new TasticError("invalid-argument", `--days ${given} is no number of days from 1 to 365`);
}
