/** Saying no over HTTP: which status an error becomes, and what of it a client may know. */
import { STATUS_CODES } from "node:http";
import { TasticError, type ErrorCode } from "@tastic/errors";

const statuses: Partial<Record<ErrorCode, number>> = {
  "not-found": 404,
  "no-repository": 404,
  "already-exists": 403,
  "hash-mismatch": 400,
  "invalid-argument": 400,
  "limit-exceeded": 413,
  "no-space": 507,
};

export interface RefusalDetails {
  /** What the client is told below the status. Nothing that others should not know. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that is answered with this very status. */
export function refusal(
  status: number,
  code: ErrorCode,
  message: string,
  details: RefusalDetails = {},
): TasticError {
  return new TasticError(code, message, { data: { status, refusal: details } });
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What a client is told of an error. Not the message: that may have paths of the server in it. Permissions that the
 * server lacks are 500, not 404, which clients would take for data that is gone.
 */
export function answerOf(error: unknown): Answer {
  const data = error instanceof TasticError ? error.data : {};
  const status = typeof data["status"] === "number" ? data["status"] : statusOf(error);
  const details = (data["refusal"] ?? {}) as RefusalDetails;
  return { status, text: details.text ?? STATUS_CODES[status] ?? "Error", headers: details.headers ?? {} };
}

function statusOf(error: unknown): number {
  return error instanceof TasticError ? (statuses[error.code] ?? 500) : 500;
}
