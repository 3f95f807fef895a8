/** What went wrong with a file on an SFTP server, as errors of tastic. */
import { type ErrorCode, isTasticError, messageOf, TasticError } from "@tastic/errors";
import { statusCode } from "./packet.js";
import { SftpStatus } from "./sftp-status.js";

/** What was tried, for messages: "save", "pack 3f0a1b2c… in sftp:…", and the error's `data`. */
export interface Attempt {
  readonly action: string;
  readonly object: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Kind {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly guidance: string;
}

const noRoom: Kind = {
  code: "no-space",
  reason: "the server has no room left, or a quota is used up",
  guidance: "Make room there and run again; what is stored already is kept and not sent again.",
};

const kinds: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [
    statusCode.noSuchFile,
    { code: "not-found", reason: "it does not exist", guidance: "Check the location of the repository." },
  ],
  [
    statusCode.permissionDenied,
    {
      code: "access-denied",
      reason: "permission denied",
      guidance: "Log in as the user the repository belongs to, or give this one access to its folder.",
    },
  ],
  [
    statusCode.unsupported,
    {
      code: "unsupported",
      reason: "the server cannot do this",
      guidance: "Use a server that speaks version 3 of SFTP wholly, such as OpenSSH's.",
    },
  ],
  [statusCode.noSpace, noRoom],
  [statusCode.quotaExceeded, noRoom],
]);

/** Errors of tastic stay as they are. */
export function sftpError(error: unknown, attempt: Attempt): TasticError {
  if (isTasticError(error)) return error;
  const kind = error instanceof SftpStatus ? kinds.get(error.code) : undefined;
  const details = { data: attempt.data, cause: error };
  if (kind === undefined) {
    return new TasticError("storage-failed", `${start(attempt)}: ${messageOf(error)}`, {
      ...details,
      guidance: "If it does not pass, look at the server and at what is between here and there.",
    });
  }
  return new TasticError(kind.code, `${start(attempt)}: ${kind.reason}`, {
    ...details,
    guidance: kind.guidance,
  });
}

/** A failure to which a full disk led: OpenSSH's server has no status of its own for that. */
export function noSpaceError(error: unknown, attempt: Attempt): TasticError {
  return new TasticError(noRoom.code, `${start(attempt)}: ${noRoom.reason}`, {
    guidance: noRoom.guidance,
    data: attempt.data,
    cause: error,
  });
}

function start({ action, object }: Attempt): string {
  return `cannot ${action} ${object}`;
}
