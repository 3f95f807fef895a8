/** What went wrong, as the owner is told: never a defect's inner words, never a secret. */
import { isTasticError, messageOf } from "@tastic/errors";
import type { Problem } from "./service.js";

/** As it is kept: without what is undefined. */
export interface ProblemRecord {
  code: string;
  message: string;
  guidance?: string | undefined;
}

export function problemOf(error: unknown): ProblemRecord {
  if (isTasticError(error)) {
    const { message, guidance, data } = error;
    // What is more particular than the codes of errors.
    const code = typeof data["problem"] === "string" ? data["problem"] : error.code;
    return { code, message, ...(guidance !== undefined && { guidance }) };
  }
  return {
    code: "internal",
    message: "the service met a defect of its own",
    guidance: "The service's log says more.",
  };
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}

export function shownProblem(record: ProblemRecord | undefined): Problem | undefined {
  return record && { code: record.code, message: record.message, guidance: record.guidance };
}
