/**
 * Patterns for a single name, as Go's `filepath.Match` reads them: `*`, `?`, `[a-z]`, `[^a-z]` and `\` before any of
 * these. Names hold no `/`.
 *
 * Go matches bytes and decodes UTF-8 only where a pattern asks for a character. To agree with it on every name, also
 * on one that is not valid UTF-8, patterns and names are "byte strings" here: strings of one character per byte.
 */
import { encodeName } from "@tastic/format";

export type NameMatcher = (name: string) => boolean;

/** One thing to match at one place: a run of bytes, any character, or a character of a class. */
type Token = string | CharacterClass | typeof ANY;
interface CharacterClass {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [first: number, last: number])[];
}
/** What lies between two stars. */
interface Chunk {
  readonly afterStar: boolean;
  readonly tokens: readonly Token[];
}

const ANY = Symbol("?");
/** What Go takes a byte for that is part of no character. */
const INVALID = 0xfffd;

// eslint-disable-next-line no-control-regex -- ASCII is what is looked for
const ASCII = /^[\x00-\x7f]*$/;

/** A path or name with one character per byte. */
export function toByteString(text: string): string {
  return ASCII.test(text) ? text : encodeName(text).toString("latin1");
}

/** The character at a place of a byte string and the number of its bytes; `INVALID` and 1 where there is none. */
function characterAt(bytes: string, at: number): { code: number; length: number } {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return { code: first, length: 1 };
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  let code = first & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const next = bytes.charCodeAt(at + i); // NaN at the end fails the comparison
    if ((next & 0xc0) !== 0x80) return { code: INVALID, length: 1 };
    code = (code << 6) | (next & 0x3f);
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  const valid = length > 0 && code >= least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? { code, length } : { code: INVALID, length: 1 };
}

/** Reads one end of a range; undefined if it is none. Some character must follow it. */
function readRangeEnd(pattern: string, at: number): { code: number; next: number } | undefined {
  if (pattern[at] === "-" || pattern[at] === "]") return undefined;
  const start = pattern[at] === "\\" ? at + 1 : at;
  if (start >= pattern.length) return undefined;
  const { code, length } = characterAt(pattern, start);
  if (code === INVALID && length === 1) return undefined;
  return start + length < pattern.length ? { code, next: start + length } : undefined;
}

/** Reads a class from behind its `[`; undefined if it is malformed. */
function readClass(pattern: string, start: number): { token: CharacterClass; next: number } | undefined {
  const negated = pattern[start] === "^";
  const ranges: [number, number][] = [];
  let at = negated ? start + 1 : start;
  while (ranges.length === 0 || pattern[at] !== "]") {
    const first = readRangeEnd(pattern, at);
    if (first === undefined) return undefined;
    const last = pattern[first.next] === "-" ? readRangeEnd(pattern, first.next + 1) : first;
    if (last === undefined) return undefined;
    ranges.push([first.code, last.code]);
    at = last.next;
  }
  return { token: { negated, ranges }, next: at + 1 };
}

function parseChunks(pattern: string): Chunk[] | undefined {
  const chunks: Chunk[] = [];
  let tokens: Token[] = [];
  let afterStar = false;
  let at = 0;
  while (at < pattern.length) {
    const character = pattern[at] ?? "";
    if (character === "*") {
      if (tokens.length > 0) chunks.push({ afterStar, tokens });
      tokens = [];
      afterStar = true;
      at++;
    } else if (character === "?") {
      tokens.push(ANY);
      at++;
    } else if (character === "[") {
      const read = readClass(pattern, at + 1);
      if (read === undefined) return undefined;
      tokens.push(read.token);
      at = read.next;
    } else {
      if (character === "\\") at++;
      const literal = pattern[at++];
      if (literal === undefined) return undefined;
      const last = tokens.at(-1);
      if (typeof last === "string") tokens[tokens.length - 1] = last + literal;
      else tokens.push(literal);
    }
  }
  if (tokens.length > 0 || afterStar) chunks.push({ afterStar, tokens });
  return chunks;
}

function inClass({ negated, ranges }: CharacterClass, code: number): boolean {
  return ranges.some(([first, last]) => first <= code && code <= last) !== negated;
}

/** Where the tokens end if they begin at `at`; -1 if they do not match there. */
function matchTokens(tokens: readonly Token[], name: string, at: number): number {
  let end = at;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token === undefined) return -1;
    if (typeof token === "string") {
      if (!name.startsWith(token, end)) return -1;
      end += token.length;
    } else {
      if (end >= name.length) return -1;
      const { code, length } = characterAt(name, end);
      if (token !== ANY && !inClass(token, code)) return -1;
      end += length;
    }
  }
  return end;
}

const NO_CHUNK: Chunk = { afterStar: false, tokens: [] };

/** As Go does, the first place where a chunk fits is taken and not reconsidered. */
function matchChunks(chunks: readonly Chunk[], name: string): boolean {
  let start = 0;
  for (let index = 0; index < chunks.length; index++) {
    const { afterStar, tokens } = chunks[index] ?? NO_CHUNK;
    const isLast = index === chunks.length - 1;
    if (isLast && tokens.length === 0) return true;
    const furthest = afterStar ? name.length : start;
    let end = -1;
    for (let at = start; at <= furthest && end === -1; at++) {
      end = matchTokens(tokens, name, at);
      if (isLast && end !== name.length) end = -1;
    }
    if (end === -1) return false;
    start = end;
  }
  return start === name.length;
}

/** `name.endsWith(text)`, for names that mostly do not: looking at one character costs much less. */
function endsWith(text: string): NameMatcher {
  const last = text.charCodeAt(text.length - 1);
  return (name) => name.charCodeAt(name.length - 1) === last && name.endsWith(text);
}

/** Has the pattern a character that means something other than itself? */
export function hasMeaning(pattern: string): boolean {
  return /[\\[\]*?]/.test(pattern);
}

/**
 * Compiles a pattern.
 * @param pattern a byte string
 * @returns a test for names as byte strings, or undefined if the pattern is malformed
 */
export function compileNamePattern(pattern: string): NameMatcher | undefined {
  const chunks = parseChunks(pattern);
  if (chunks === undefined) return undefined;
  const [first, second] = chunks;
  if (first === undefined) return (name) => name === "";
  const [text, ...more] = first.tokens;
  // `*`, `*.log` and `draft*` are what most patterns are.
  if (chunks.length === 1 && first.afterStar && text === undefined) return () => true;
  if (typeof text === "string" && more.length === 0) {
    if (chunks.length === 1) return first.afterStar ? endsWith(text) : (name) => name === text;
    if (chunks.length === 2 && second?.tokens.length === 0) {
      return first.afterStar ? (name) => name.includes(text) : (name) => name.startsWith(text);
    }
  }
  return (name) => matchChunks(chunks, name);
}
