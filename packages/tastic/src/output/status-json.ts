/**
 * How far a command is, as a line of JSON: for commands that restic has no such lines for, in the words of those it has.
 */
import { goJson } from "./go-json.js";

export interface CountedProgress {
  /** What is being done: "snapshots". */
  readonly phase: string;
  readonly seconds: number;
  readonly done: number;
  readonly total: number;
}

export function countedStatus({ phase, seconds, done, total }: CountedProgress): string {
  return goJson({
    message_type: "status",
    phase: phase.replaceAll("-", "_"),
    seconds_elapsed: Math.floor(seconds),
    percent_done: total === 0 ? 0 : Math.min(1, done / total),
    done,
    total,
  });
}
