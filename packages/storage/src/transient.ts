/** Which errors of a store may pass when the same is tried again. */
import { TasticError, isTasticError } from "@tastic/errors";

/** What a file system says the same way however often it is asked. */
const LASTING = new Set(["ENOTDIR", "EISDIR", "EEXIST", "EFBIG", "ENAMETOOLONG", "ELOOP", "EINVAL"]);

/** Anything that is not known to pass is taken for lasting: a defect is not tried for a quarter of an hour. */
export function mayPass(error: unknown): error is TasticError {
  if (!isTasticError(error, "storage-failed") || error.data["permanent"] === true) return false;
  const { systemCode } = error.data;
  return typeof systemCode !== "string" || !LASTING.has(systemCode);
}

/** Did the store ask for fewer requests? */
export function isThrottled(error: unknown): boolean {
  return error instanceof TasticError && error.data["throttled"] === true;
}

/** The milliseconds after which the store wants to be asked again; 0 if it did not say. */
export function retryAfter(error: TasticError): number {
  const { retryAfterMs } = error.data;
  return typeof retryAfterMs === "number" && retryAfterMs > 0 ? retryAfterMs : 0;
}
