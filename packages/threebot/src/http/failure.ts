/**
 * How an error looks to whoever called: a status, a stable code, a sentence and what to do now; never a stack, a path of
 * this machine or a secret. What is not an error of ours is a defect: it is logged, and the caller learns only that.
 */
import { isTasticError, TasticError, type ErrorCode } from "@tastic/errors";
import { getDotPath, ValiError, type BaseIssue, type GenericSchema } from "valibot";

export interface Failure {
  readonly status: FailureStatus;
  readonly body: { readonly error: { code: string; message: string; guidance?: string | undefined } };
}

export type FailureStatus = 400 | 401 | 403 | 404 | 409 | 413 | 429 | 500 | 502 | 503 | 507;

const statusOf: Readonly<Partial<Record<ErrorCode, FailureStatus>>> = {
  "invalid-argument": 400,
  "invalid-format": 400,
  unsupported: 400,
  "no-password": 400,
  "wrong-password": 400,
  "unsafe-path": 400,
  "no-source": 400,
  "ambiguous-id": 400,
  "access-denied": 403,
  "no-repository": 404,
  "not-found": 404,
  "already-exists": 409,
  "repository-exists": 409,
  locked: 409,
  cancelled: 409,
  "limit-exceeded": 429,
  "storage-failed": 502,
  "no-space": 507,
};

export function failureOf(error: unknown): Failure {
  if (error instanceof ValiError) return failureOf(invalidInput(error as ValiError<GenericSchema>));
  if (error instanceof NotLoggedIn) return failure(401, "access-denied", error.message, error.guidance);
  if (!isTasticError(error)) {
    return failure(500, "internal", "the service met a defect of its own", "Its log says more.");
  }
  return failure(statusOf[error.code] ?? 500, error.code, error.message, error.guidance);
}

/** There is no session, or its time is over. */
export class NotLoggedIn extends Error {
  readonly guidance = "Log in.";
  constructor() {
    super("a login is needed");
  }
}

function failure(
  status: FailureStatus,
  code: string,
  message: string,
  guidance: string | undefined,
): Failure {
  return { status, body: { error: { code, message, guidance } } };
}

/** Names the field and what is wrong with it, but not what was sent, which may be a password. */
function invalidInput({ issues }: { readonly issues: readonly BaseIssue<unknown>[] }): TasticError {
  const [issue] = issues;
  const field = issue === undefined ? null : getDotPath(issue);
  const wanted = typeof issue?.expected !== "string" ? "" : `: ${issue.expected} was expected`;
  return new TasticError(
    "invalid-argument",
    `${field ?? "the request"} is not valid (${issue?.type})${wanted}`,
  );
}
