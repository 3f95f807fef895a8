/**
 * What a command is: a file in `commands/` that exports one of these as `command`, and a line in `commands.ts`.
 */
import type { Environment } from "./environment.js";
import type { FlagValues, Flags } from "./flags.js";
import type { GlobalValues } from "./global-flags.js";
import type { Output } from "./output/output.js";

/** What every command has at hand. */
export interface Context {
  readonly output: Output;
  readonly environment: Environment;
  readonly globals: GlobalValues;
  /** Aborted when the user interrupts the command. */
  readonly signal: AbortSignal;
}

export interface Invocation<F extends Flags> {
  readonly flags: FlagValues<F>;
  /** What follows the command and is no flag. */
  readonly args: readonly string[];
}

export interface Command<F extends Flags = Flags> {
  /** What may follow the command: "[flags] snapshotID file". */
  readonly usage: string;
  /** What the command does, in a few sentences. */
  readonly description: string;
  readonly flags: F;
  /** Does the work. It ends well unless it throws. */
  run(context: Context, invocation: Invocation<F>): Promise<void>;
}

/** Gives a command its types. The result may stand among commands with other flags. */
export function defineCommand<F extends Flags>(command: Command<F>): Command {
  return command;
}
