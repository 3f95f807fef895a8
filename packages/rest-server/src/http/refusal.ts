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

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An error that is answered with this very status. */
export function refusal(
  status: number,
  code: ErrorCode,
  message: string,
  { text = STATUS_CODES[status] ?? "Error", headers = {} }: RefusalDetails = {},
): TasticError {
  const answer: Answer = { status, text, headers };
  return new TasticError(code, message, { data: { refusal: answer } });
}

/**
 * What a refusal is answered with; undefined for every other error. Those of a store behind this server may have a status,
 * too, but it is one that the store gave us: none of our clients asked for a password of ours, or for an object of its.
 */
export function refusalOf(error: unknown): Answer | undefined {
  return error instanceof TasticError ? (error.data["refusal"] as Answer | undefined) : undefined;
}

/**
 * What a client is told of an error. Not the message: that may have paths of the server in it. Permissions that the
 * server lacks are 500, not 404, which clients would take for data that is gone.
 */
export function answerOf(error: unknown): Answer {
  const status = error instanceof TasticError ? (statuses[error.code] ?? 500) : 500;
  return refusalOf(error) ?? { status, text: STATUS_CODES[status] ?? "Error", headers: {} };
}
