/** What went wrong, as the owner is told: never a defect's inner words, never a secret. */
import { isTasticError, messageOf } from "@tastic/errors";
import type { Problem } from "./service.js";

/** As it is kept: without what is undefined. */
export interface ProblemRecord {
  code: string;
  message: string;
  guidance?: string | undefined;
}

const refusedLogin =
  "The server has lost this 3Bot's login, or its data. It is asked again at each run; if that lasts for more than a day, " +
  "tell whoever runs the marketplace.";

export function problemOf(error: unknown): ProblemRecord {
  if (isTasticError(error)) {
    const { message, data } = error;
    // An owner has neither a URL with a login in it nor variables to look at.
    const guidance = data["status"] === 401 ? refusedLogin : error.guidance;
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
