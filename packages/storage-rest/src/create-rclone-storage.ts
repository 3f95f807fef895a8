/** A storage that the user's own rclone reaches, and with it every store that rclone knows. */
import type { Storage } from "@tastic/storage";
import type { RcloneLocation } from "./rclone-location.js";
import { RcloneTransport } from "./rclone-transport.js";
import { RestStorage } from "./rest-storage.js";

export interface RcloneStorageOptions {
  readonly location: RcloneLocation;
  /** The program and what comes before its arguments; `rclone` if not given. */
  readonly program?: readonly string[] | undefined;
  /** Its arguments before the remote; those of restic if not given. They have to make it speak over stdio. */
  readonly args?: readonly string[] | undefined;
  /** How long it may take to answer at first, in milliseconds; one minute if not given. */
  readonly timeout?: number | undefined;
  /** How many requests at once make sense; 5 if not given. Those for locks come on top. */
  readonly connections?: number | undefined;
  /** Gets each line that rclone prints on its standard error. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * The storage. rclone is started by the first operation, and again should it end; `close` ends it. Errors of that
 * operation: `invalid-argument` where there is no rclone or it does not know the remote.
 */
export function createRcloneStorage(options: RcloneStorageOptions): Storage {
  const {
    location,
    program = ["rclone"],
    args = ["serve", "restic", "--stdio", "--b2-hard-delete"],
  } = options;
  const transport = new RcloneTransport({
    command: [...program, ...args, location.remote],
    shown: location.shown,
    timeout: options.timeout ?? 60_000,
    headers: { "user-agent": "tastic" },
    onLine: options.onLine ?? (() => {}),
  });
  return new RestStorage(location.shown, options.connections ?? 5, transport);
}
