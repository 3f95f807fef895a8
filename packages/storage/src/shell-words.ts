/**
 * Splitting a command line into words without a shell, by restic's rules, which commands that work with restic rely
 * on: white space and backslashes separate, and so do quotes, which keep what is between them together and as it is.
 * A quote after a backslash is a character like others. Nothing is expanded, and there are no empty words.
 */
import { TasticError } from "@tastic/errors";

/** @throws TasticError invalid-argument where a quote is not closed */
export function splitShellWords(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let quote: string | undefined;
  let previous = "";
  const end = (): void => {
    if (word !== "") words.push(word);
    word = "";
  };
  for (const character of line) {
    const isQuote = previous !== "\\" && (quote === undefined ? /['"]/.test(character) : character === quote);
    if (isQuote) {
      quote = quote === undefined ? character : undefined;
      end();
      continue;
    }
    previous = character;
    if (quote === undefined && /[\\\s]/.test(character)) end();
    else word += character;
  }
  end();
  if (quote === undefined) return words;
  const kind = quote === "'" ? "single" : "double";
  throw new TasticError("invalid-argument", `${kind}-quoted string not terminated`, {
    guidance: "Close the quotes of the command line.",
  });
}
