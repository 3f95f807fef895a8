/**
 * Errors of a server, of the network and of Amazon's library as errors of tastic: what failed on which object, why, and
 * what to do. None of them carries the library's error object, in which the signed request can be read.
 */
import { messageOf, systemErrorCode, TasticError } from "@tastic/errors";
import { describeFile, type StorageFile } from "@tastic/storage";
import { type ErrorKind, kindOfAnswer } from "./error-kinds.js";
import { networkKind } from "./network-error.js";
import { clockAhead, codeOf, headerOf, regionHint, statusOf } from "./service-error.js";

export interface Failed {
  /** What was tried: "load", "list". */
  readonly action: string;
  /** On what: "pack 3f0a1b2c… in s3:…". */
  readonly object: string;
  /** For programs: type and name of the object. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Has the server ever answered? */
  readonly answered: boolean;
  /** The region that requests are signed for. */
  readonly region: string;
  /** The host, with its port. */
  readonly endpoint: string;
  readonly signal: AbortSignal | undefined;
}

/** An error of tastic is given back as it is. */
export function s3Error(error: unknown, failed: Failed): TasticError {
  if (error instanceof TasticError) return error;
  const { action, object, data, signal } = failed;
  if (signal?.aborted === true) {
    return new TasticError("cancelled", `cannot ${action} ${object}: it was cancelled`, {
      data,
      cause: signal.reason,
    });
  }
  const status = statusOf(error);
  const { code, reason, guidance } =
    status === undefined ? kindWithoutAnswer(error, failed) : kindOf(error, status, failed);
  const serverCode = codeOf(error);
  const retryAfter = headerOf(error, "retry-after");
  return new TasticError(code, `cannot ${action} ${object}: ${reason}`, {
    guidance,
    data: {
      ...data,
      ...(status === undefined ? {} : { status, serverCode }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(systemErrorCode(error) === undefined ? {} : { systemCode: systemErrorCode(error) }),
    },
    cause: withoutRequest(error),
  });
}

/** `storage-failed` for an answer that is not what it has to be. */
export function badAnswer(failed: Pick<Failed, "action" | "object" | "data">, reason: string): TasticError {
  const { action, object, data } = failed;
  return new TasticError("storage-failed", `cannot ${action} ${object}: ${reason}`, {
    guidance: "Run again; if it stays so, check the server and what lies between it and here.",
    data,
  });
}

/** For a config that is there and is not overwritten. */
export function alreadyExists(file: StorageFile, location: string): TasticError {
  return new TasticError("already-exists", `${describeFile(file)} exists in ${location} already`, {
    guidance: "Choose another location, or use the repository that is there.",
    data: { ...file },
  });
}

function kindOf(error: unknown, status: number, failed: Failed): ErrorKind {
  const code = codeOf(error);
  const region = regionHint(error);
  if (region !== undefined && region !== failed.region) {
    return {
      code: "invalid-argument",
      reason: `the bucket is in the region ${region}`,
      guidance: `Use -o s3.region=${region}, or AWS_DEFAULT_REGION.`,
    };
  }
  if (code === "RequestTimeTooSkewed" || code === "RequestExpired") return skewed(clockAhead(error));
  if (code === "AuthorizationHeaderMalformed" || code === "PermanentRedirect") {
    return {
      code: "invalid-argument",
      reason: "the bucket is in another region",
      guidance: "Find out its region, and use -o s3.region=REGION or AWS_DEFAULT_REGION.",
    };
  }
  if (code === "InvalidLocationConstraint" || code === "IllegalLocationConstraintException") {
    return {
      code: "invalid-argument",
      reason: "the server does not know the region",
      guidance: "Use its own name for the region with -o s3.region=REGION, or none.",
    };
  }
  const kind = kindOfAnswer(code, status);
  if (kind !== undefined) return kind;
  const named = code !== undefined && /^[A-Za-z0-9]{1,60}$/.test(code) ? ` (${code})` : "";
  return {
    code: "storage-failed",
    reason: `the server answered with status ${status}${named}`,
    guidance: "Check that the location is an S3 server and a bucket, and run again.",
  };
}

function kindWithoutAnswer(error: unknown, { answered, endpoint }: Failed): ErrorKind {
  if (error instanceof Error && error.name === "CredentialsProviderError") {
    return {
      code: "access-denied",
      reason: `there are no credentials (${error.message})`,
      guidance: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
    };
  }
  return (
    networkKind(error, endpoint, answered) ?? {
      code: "storage-failed",
      reason: messageOf(error),
      guidance: "Check the location and the network, and run again.",
    }
  );
}

function skewed(ahead: number | undefined): ErrorKind {
  const minutes = ahead === undefined ? undefined : Math.round(Math.abs(ahead) / 60_000);
  const by = minutes === undefined ? "" : ` by ${minutes} minutes`;
  return {
    code: "access-denied",
    reason: `this machine's clock and the server's differ${by}`,
    guidance: "Set this machine's clock, best by NTP, and run again.",
  };
}

/** An error's name, message and stack, without what else the library keeps in it. */
function withoutRequest(error: unknown): Error {
  const plain = new Error(messageOf(error));
  if (error instanceof Error) {
    plain.name = error.name;
    if (error.stack !== undefined) plain.stack = error.stack;
  }
  const code = systemErrorCode(error);
  return code === undefined ? plain : Object.assign(plain, { code });
}
