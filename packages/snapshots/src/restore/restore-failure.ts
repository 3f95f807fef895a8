/** Why something could not be restored, for people. */
import { TasticError, messageOf } from "@tastic/errors";
import { describeSystemError } from "../backup/source-error.js";

/** @param path where it should have been restored to */
export function describeFailure(error: unknown, path: string): string {
  return error instanceof TasticError ? messageOf(error) : describeSystemError(error, path);
}
