/**
 * Splitting a command line into words as a shell does, without a shell: white space separates; quotes and backslashes
 * protect. Nothing is expanded.
 */
import { plain } from "./text-error.js";

/** @throws TasticError invalid-argument where a quote is not closed */
export function splitShellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (character === "\\" && quote !== "'" && at + 1 < line.length) {
      word = (word ?? "") + line[++at]!;
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = (word ?? "") + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== undefined) throw plain(`${quote === "'" ? "single" : "double"}-quoted string not terminated`);
  if (word !== undefined) words.push(word);
  return words;
}
