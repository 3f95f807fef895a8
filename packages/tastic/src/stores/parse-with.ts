/** Reading a location, with errors in restic's words. */
import { messageOf, TasticError } from "@tastic/errors";
import { fatal } from "../text-error.js";

export function parseWith<T>(parse: (text: string) => T, location: string): T {
  try {
    return parse(location);
  } catch (cause) {
    throw fatal(`parsing repository location failed: ${messageOf(cause)}`, {
      guidance: cause instanceof TasticError ? cause.guidance : undefined,
      cause,
    });
  }
}
