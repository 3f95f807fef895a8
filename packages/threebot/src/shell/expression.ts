/**
 * What can be typed at the prompt: a value, a name, and from there members, calls and items, perhaps given a name. It is
 * a small part of Python's expressions, read without ever running text as a program.
 */
import { ShellError } from "./shell-error.js";

export type Expression =
  | { readonly kind: "constant"; readonly value: null | boolean | number | string }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "member"; readonly of: Expression; readonly name: string }
  | { readonly kind: "item"; readonly of: Expression; readonly at: Expression }
  | { readonly kind: "call"; readonly of: Expression; readonly given: readonly Argument[] };

export interface Argument {
  /** Undefined for one that is known by its position. */
  readonly name: string | undefined;
  readonly value: Expression;
}

export interface Statement {
  /** What the value is to be called. */
  readonly name: string | undefined;
  readonly value: Expression;
}

interface Word {
  readonly kind: "name" | "number" | "string" | "sign";
  readonly text: string;
}

const maximumLength = 10_000;
const maximumDepth = 50;
const constants = new Map<string, null | boolean>([
  ["None", null],
  ["True", true],
  ["False", false],
]);
const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0" };

/** Undefined for a line with nothing in it. @throws ShellError SyntaxError */
export function parseStatement(line: string): Statement | undefined {
  if (line.length > maximumLength) throw new ShellError("SyntaxError", "the line is too long");
  const words = wordsOf(line);
  if (words.length === 0) return undefined;
  const parser = new Parser(words);
  const [first, second] = words;
  if (first?.kind === "name" && second?.kind === "sign" && second.text === "=") {
    if (constants.has(first.text)) throw new ShellError("SyntaxError", `cannot assign to ${first.text}`);
    parser.skip(2);
    return { name: first.text, value: parser.whole() };
  }
  return { name: undefined, value: parser.whole() };
}

class Parser {
  readonly #words: readonly Word[];
  #next = 0;
  #depth = 0;

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  skip(count: number): void {
    this.#next += count;
  }

  /** An expression after which nothing comes. */
  whole(): Expression {
    const expression = this.#expression();
    const rest = this.#words[this.#next];
    if (rest !== undefined) throw unexpected(rest);
    return expression;
  }

  #expression(): Expression {
    if (++this.#depth > maximumDepth) throw new ShellError("SyntaxError", "too many brackets");
    let expression = this.#primary();
    for (;;) {
      if (this.#takes(".")) expression = { kind: "member", of: expression, name: this.#name() };
      else if (this.#takes("(")) expression = { kind: "call", of: expression, given: this.#arguments() };
      else if (this.#takes("[")) {
        expression = { kind: "item", of: expression, at: this.#expression() };
        this.#must("]");
      } else break;
    }
    this.#depth--;
    return expression;
  }

  #primary(): Expression {
    const word = this.#words[this.#next++];
    if (word === undefined) throw new ShellError("SyntaxError", "unexpected end of the line");
    if (word.kind === "string") return { kind: "constant", value: word.text };
    if (word.kind === "number") return { kind: "constant", value: numberOf(word.text) };
    if (word.kind === "name") {
      const constant = constants.get(word.text);
      return constant === undefined
        ? { kind: "name", name: word.text }
        : { kind: "constant", value: constant };
    }
    if (word.text === "[") return { kind: "list", items: this.#list("]") };
    if (word.text === "-") {
      const digits = this.#words[this.#next++];
      if (digits?.kind === "number") return { kind: "constant", value: -numberOf(digits.text) };
      throw unexpected(digits ?? word);
    }
    if (word.text !== "(") throw unexpected(word);
    const expression = this.#expression();
    this.#must(")");
    return expression;
  }

  #list(end: string): Expression[] {
    const items: Expression[] = [];
    while (!this.#takes(end)) {
      items.push(this.#expression());
      if (!this.#takes(",")) {
        this.#must(end);
        break;
      }
    }
    return items;
  }

  #arguments(): Argument[] {
    const given: Argument[] = [];
    while (!this.#takes(")")) {
      const [word, sign] = [this.#words[this.#next], this.#words[this.#next + 1]];
      const named = word?.kind === "name" && sign?.kind === "sign" && sign.text === "=";
      if (named) this.skip(2);
      else if (given.some(({ name }) => name !== undefined))
        throw new ShellError("SyntaxError", "positional argument follows keyword argument");
      given.push({ name: named ? word.text : undefined, value: this.#expression() });
      if (!this.#takes(",")) {
        this.#must(")");
        break;
      }
    }
    return given;
  }

  #name(): string {
    const word = this.#words[this.#next++];
    if (word?.kind === "name") return word.text;
    throw word === undefined ? new ShellError("SyntaxError", "unexpected end of the line") : unexpected(word);
  }

  #takes(sign: string): boolean {
    const word = this.#words[this.#next];
    if (word?.kind !== "sign" || word.text !== sign) return false;
    this.#next++;
    return true;
  }

  #must(sign: string): void {
    if (this.#takes(sign)) return;
    const word = this.#words[this.#next];
    throw word === undefined ? new ShellError("SyntaxError", `"${sign}" was expected`) : unexpected(word);
  }
}

const wordPattern =
  /\s*(?:(?<name>[A-Za-z_]\w*)|(?<number>\d+)|'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)"|(?<sign>[.,()[\]=-])|(?<comment>#.*$))/sy;

function wordsOf(line: string): Word[] {
  const words: Word[] = [];
  const text = line.trimEnd();
  wordPattern.lastIndex = 0;
  while (wordPattern.lastIndex < text.length) {
    const at = wordPattern.lastIndex;
    const groups = wordPattern.exec(text)?.groups;
    if (groups === undefined)
      throw new ShellError("SyntaxError", `invalid syntax at "${text.slice(at, at + 20).trim()}"`);
    const { name, number, single, double, sign } = groups;
    const quoted = single ?? double;
    if (name !== undefined) words.push({ kind: "name", text: name });
    else if (number !== undefined) words.push({ kind: "number", text: number });
    else if (quoted !== undefined) words.push({ kind: "string", text: unescaped(quoted) });
    else if (sign !== undefined) words.push({ kind: "sign", text: sign });
  }
  return words;
}

function unescaped(quoted: string): string {
  return quoted.replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/gs, (_, byte, unit, other: string) => {
    const code: unknown = byte ?? unit;
    if (typeof code === "string") return String.fromCharCode(Number.parseInt(code, 16));
    return escapes[other] ?? other;
  });
}

function numberOf(digits: string): number {
  const number = Number(digits);
  if (Number.isSafeInteger(number)) return number;
  throw new ShellError("SyntaxError", `${digits} is too large`);
}

function unexpected(word: Word): ShellError {
  return new ShellError("SyntaxError", `invalid syntax at "${word.text.slice(0, 20)}"`);
}
