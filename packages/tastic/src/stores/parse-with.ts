/** Reading a location, with errors in restic's words. */
import { messageOf, TasticError } from "@tastic/errors";

/** @throws TasticError invalid-argument */
export function parseWith<T>(parse: (text: string) => T, location: string): T {
  try {
    return parse(location);
  } catch (cause) {
    const guidance = cause instanceof TasticError ? cause.guidance : undefined;
    throw new TasticError("invalid-argument", `parsing repository location failed: ${messageOf(cause)}`, {
      cause,
      ...(guidance === undefined ? {} : { guidance }),
    });
  }
}
