/**
 * File names for people. A name may hold anything, also what moves the cursor of a terminal or ends a line.
 */
import { hasInvalidBytes, isPrintable, quoteName } from "@tastic/format";

/** The path as it is, or in quotes with escapes where a part of it cannot be printed. */
export function quoteUnprintable(path: string): string {
  if (!hasInvalidBytes(path) && Array.from(path).every((character) => isPrintable(character.codePointAt(0)!)))
    return path;
  return `"${quoteName(path)}"`;
}
