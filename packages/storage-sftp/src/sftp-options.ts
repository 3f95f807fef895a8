/** restic's options for SFTP: `-o sftp.command`, `sftp.args` and `sftp.connections`. */
import { TasticError } from "@tastic/errors";
import { extendedOptionsOf, parseConnections, splitShellWords, type ExtendedOptions } from "@tastic/storage";

export interface SftpOptionsFromSettings {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly connections?: number;
}

/** @throws TasticError invalid-argument for an option `sftp.…` that does not exist or makes no sense */
export function sftpOptionsFrom({
  extended,
}: {
  readonly extended: ExtendedOptions;
}): SftpOptionsFromSettings {
  const names = ["command", "args", "connections"] as const;
  const { command = "", args = "", connections } = extendedOptionsOf("sftp", names, extended);
  if (command !== "" && args !== "") {
    throw new TasticError("invalid-argument", "cannot specify both sftp.command and sftp.args options", {
      guidance: "The arguments can be part of the command.",
    });
  }
  return {
    ...(command === "" ? {} : { command: splitShellWords(command) }),
    ...(args === "" ? {} : { args: splitShellWords(args) }),
    ...(connections === undefined ? {} : { connections: parseConnections("sftp.connections", connections) }),
  };
}
