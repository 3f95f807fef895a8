/**
 * What servers answer instead of doing what they are asked to, in plain words: the codes of Amazon's "Error Responses",
 * of Ceph's gateway and of MinIO.
 */
import type { ErrorCode } from "@tastic/errors";

export interface ErrorKind {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly guidance: string;
}

const checkKeys = "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they belong to this server.";

const expired: ErrorKind = {
  code: "access-denied",
  reason: "the session token has expired or is none",
  guidance: "Get new temporary credentials, and run again.",
};

const denied: ErrorKind = {
  code: "access-denied",
  reason: "access denied",
  guidance: "The keys are known, but lack a permission: to list, get, put and delete objects in this bucket.",
};

const closed: ErrorKind = {
  code: "access-denied",
  reason: "the account is not open for this",
  guidance: "Ask the provider of the storage about the account.",
};

const full: ErrorKind = {
  code: "no-space",
  reason: "no space left, or a quota is used up",
  guidance: "Make room there or raise the quota, and run again; what is stored already is not sent again.",
};

const noObject: ErrorKind = {
  code: "not-found",
  reason: "it does not exist",
  guidance: "Check the location of the repository.",
};

const busy: ErrorKind = {
  code: "storage-failed",
  reason: "the server asks to be asked less often",
  guidance: "Run again later, or with fewer connections (-o s3.connections=2).",
};

const failing: ErrorKind = {
  code: "storage-failed",
  reason: "the server failed",
  guidance: "Run again; if it stays so, look into the server's log.",
};

const garbled: ErrorKind = {
  code: "storage-failed",
  reason: "the server received other bytes than were sent",
  guidance: "Run again; if it stays so, something on the way changes what passes through it.",
};

const notAllowed: ErrorKind = {
  code: "unsupported",
  reason: "the server does not allow this",
  guidance: "Check that the location is an S3 bucket, and whether it forbids to change objects.",
};

const notImplemented: ErrorKind = {
  code: "unsupported",
  reason: "the server cannot do this",
  guidance: "Check that the location is an S3 server, and how recent it is.",
};

const kinds: Readonly<Record<string, ErrorKind>> = {
  NoSuchKey: noObject,
  NotFound: noObject,
  NoSuchBucket: {
    code: "not-found",
    reason: "the bucket does not exist",
    guidance: "Check the name of the bucket; init makes it.",
  },
  InvalidAccessKeyId: {
    code: "access-denied",
    reason: "the server does not know the access key",
    guidance: checkKeys,
  },
  SignatureDoesNotMatch: {
    code: "access-denied",
    reason: "the secret key does not belong to the access key",
    guidance: checkKeys,
  },
  AccessDenied: denied,
  Forbidden: denied,
  AllAccessDisabled: closed,
  AccountProblem: closed,
  NotSignedUp: closed,
  UserSuspended: closed,
  ExpiredToken: expired,
  InvalidToken: expired,
  TokenRefreshRequired: expired,
  BucketAlreadyExists: {
    code: "access-denied",
    reason: "the bucket belongs to somebody else",
    guidance: "Choose another name for the bucket.",
  },
  TooManyBuckets: {
    code: "access-denied",
    reason: "the account may not have more buckets",
    guidance: "Use a bucket that exists, or remove one.",
  },
  InvalidBucketName: {
    code: "invalid-argument",
    reason: "the server does not allow this name for a bucket",
    guidance: "Choose another name for the bucket.",
  },
  InvalidStorageClass: {
    code: "invalid-argument",
    reason: "the server does not have this storage class",
    guidance: "Choose another one, or leave -o s3.storage-class out.",
  },
  InvalidObjectState: {
    code: "unsupported",
    reason: "it lies in an archive",
    guidance: "Have the server restore it from the archive, then run again.",
  },
  MethodNotAllowed: notAllowed,
  NotImplemented: notImplemented,
  QuotaExceeded: full,
  InsufficientStorage: full,
  XMinioStorageFull: full,
  XMinioAdminBucketQuotaExceeded: full,
  EntityTooLarge: {
    code: "unsupported",
    reason: "it is larger than the server takes",
    guidance: "Choose a smaller pack size.",
  },
  SlowDown: busy,
  SlowDownRead: busy,
  SlowDownWrite: busy,
  TooManyRequests: busy,
  Throttling: busy,
  RequestLimitExceeded: busy,
  BandwidthLimitExceeded: busy,
  ServiceUnavailable: busy,
  InternalError: failing,
  BadDigest: garbled,
  XAmzContentSHA256Mismatch: garbled,
  IncompleteBody: garbled,
};

const byStatus: Readonly<Record<number, ErrorKind>> = {
  401: denied,
  403: denied,
  404: noObject,
  405: notAllowed,
  429: busy,
  501: notImplemented,
  503: busy,
  507: full,
};

/** The kind of error for the server's code, or for the status where that says enough. */
export function kindOfAnswer(code: string | undefined, status: number): ErrorKind | undefined {
  return (
    (code !== undefined && Object.hasOwn(kinds, code) ? kinds[code] : undefined) ??
    byStatus[status] ??
    (status >= 500 ? failing : undefined)
  );
}
