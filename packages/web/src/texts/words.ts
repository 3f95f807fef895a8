/** "a, b" as ["a", "b"]. */
export function wordsOf(typed: string): string[] {
  return [...new Set(typed.split(",").map((word) => word.trim()))].filter((word) => word !== "");
}

/** Lines without what is empty. */
export function linesOf(typed: string): string[] {
  return typed
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
