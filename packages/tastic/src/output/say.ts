/**
 * The text of commands that have no JSON of their own: what they say without `--json`, they say with it.
 */
import type { Verbosity } from "../global-flags.js";
import type { Output } from "./output.js";

/** Prints a line from a level of verbosity on, whatever `--json` says. */
export function say(output: Output, level: Verbosity, text: string): void {
  if (output.verbosity >= level) output.result(text);
}
