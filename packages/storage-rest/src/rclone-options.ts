/** restic's options for rclone: `-o rclone.program`, `rclone.args`, `rclone.timeout` and `rclone.connections`. */
import { TasticError } from "@tastic/errors";
import { extendedOptionsOf, parseConnections, splitShellWords, type ExtendedOptions } from "@tastic/storage";

export interface RcloneOptionsFromSettings {
  readonly program?: readonly string[];
  readonly args?: readonly string[];
  readonly timeout?: number;
  readonly connections?: number;
}

/** @throws TasticError invalid-argument for an option `rclone.…` that does not exist or makes no sense */
export function rcloneOptionsFrom({
  extended,
}: {
  readonly extended: ExtendedOptions;
}): RcloneOptionsFromSettings {
  const names = ["program", "args", "timeout", "connections"] as const;
  const { program, args, timeout, connections } = extendedOptionsOf("rclone", names, extended);
  return {
    ...(program === undefined || program === "" ? {} : { program: splitShellWords(program) }),
    ...(args === undefined || args === "" ? {} : { args: splitShellWords(args) }),
    ...(timeout === undefined ? {} : { timeout: parseTimeout(timeout) }),
    ...(connections === undefined
      ? {}
      : { connections: parseConnections("rclone.connections", connections) }),
  };
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration such as "1m30s", as Go writes it. */
function parseTimeout(text: string): number {
  const parts = [...text.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/g)];
  const total = parts.reduce((sum, [, value, unit]) => sum + Number(value) * (units[unit ?? ""] ?? 0), 0);
  if (total > 0 && parts.map(([part]) => part).join("") === text) return total;
  throw new TasticError("invalid-argument", `option rclone.timeout: "${text}" is no duration`, {
    guidance: "Write a number and a unit, such as 90s or 2m.",
    data: { option: "rclone.timeout" },
  });
}
