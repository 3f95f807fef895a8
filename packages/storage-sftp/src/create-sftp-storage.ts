/** A storage on another machine that the user's own ssh reaches. */
import type { Storage } from "@tastic/storage";
import { Connector, sshCommand } from "./connection.js";
import type { SftpLocation } from "./sftp-location.js";
import { SftpStorage } from "./sftp-storage.js";

export interface SftpStorageOptions {
  readonly location: SftpLocation;
  /** A command that speaks SFTP on its standard input and output, in place of ssh. */
  readonly command?: readonly string[] | undefined;
  /** Further arguments of ssh. */
  readonly args?: readonly string[] | undefined;
  /** How many operations at once make sense; 5 if not given. All go over one connection. */
  readonly connections?: number | undefined;
  /** Gets each line that the command prints on its standard error. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** The storage. ssh is started by the first operation, and again should the connection end; `close` ends it. */
export function createSftpStorage(options: SftpStorageOptions): Storage {
  const { location } = options;
  const connector = new Connector({
    command: options.command ?? sshCommand(location, options.args),
    shown: location.shown,
    onLine: options.onLine ?? (() => {}),
  });
  return new SftpStorage(location.shown, location.path, options.connections ?? 5, connector);
}
