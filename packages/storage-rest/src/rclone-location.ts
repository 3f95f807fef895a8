/** Where a repository is that rclone reaches: `rclone:remote:path`, as restic writes it. What follows is rclone's. */
import { TasticError } from "@tastic/errors";

export interface RcloneLocation {
  /** What rclone calls a remote, such as "b2prod:bucket/folder" or "/a/folder". */
  readonly remote: string;
  readonly shown: string;
}

/** @throws TasticError invalid-argument where it is none */
export function parseRcloneLocation(text: string): RcloneLocation {
  const remote = text.startsWith("rclone:") ? text.slice("rclone:".length) : "";
  if (remote === "" || remote.includes("\0")) {
    throw new TasticError("invalid-argument", "this is no location that rclone reaches", {
      guidance: "Write rclone:remote:path, where remote is a name of rclone's configuration.",
    });
  }
  return { remote, shown: `rclone:${withoutSecrets(remote)}` };
}

/** rclone takes a connection string, too, as in ":sftp,host=h,pass=secret:path": its parameters are not for showing. */
function withoutSecrets(remote: string): string {
  return remote.replace(
    /(\b\w*(?:pass|secret|token|key)\w*=)("(?:[^"]|"")*"|'(?:[^']|'')*'|[^,:]*)/gi,
    "$1***",
  );
}
