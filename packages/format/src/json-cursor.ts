/**
 * Walks through a JSON text's bytes piece by piece, so that a large one can be read without holding all of it parsed.
 * Only the structure is followed; the pieces go to `JSON.parse`, which says whether they are valid.
 */
import { TasticError } from "@tastic/errors";
import { MAX_TEXT_LENGTH, parseJsonText } from "./json-fields.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = { object: 0x7b, list: 0x5b } as const;
const CLOSE = { object: 0x7d, list: 0x5d } as const;

type Container = keyof typeof OPEN;

export class JsonCursor {
  readonly #bytes: Buffer;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#what = what;
  }

  /** Steps into an object or a list. False if it is empty, and then it is left again. */
  enter(container: Container): boolean {
    this.#skipSpace();
    this.#expect(OPEN[container]);
    this.#skipSpace();
    if (this.#bytes[this.#at] !== CLOSE[container]) return true;
    this.#at++;
    return false;
  }

  /** Steps over the comma to the next item. False if there is none, and then the container is left. */
  next(container: Container): boolean {
    this.#skipSpace();
    if (this.#bytes[this.#at] === COMMA) {
      this.#at++;
      return true;
    }
    this.#expect(CLOSE[container]);
    return false;
  }

  /** The key here; afterwards its value is here. */
  key(): string {
    this.#skipSpace();
    const start = this.#at;
    if (this.#bytes[start] !== QUOTE) throw this.#damaged();
    this.#skipString();
    const key = parseJsonText(this.#slice(start), this.#what);
    this.#skipSpace();
    this.#expect(COLON);
    this.#skipSpace();
    return String(key);
  }

  /** Is `null` here? */
  isNull(): boolean {
    return this.#bytes.toString("latin1", this.#at, this.#at + 4) === "null";
  }

  /** The text of the value here, steps over it. It may be no valid JSON. */
  text(): string {
    this.#skipSpace();
    const start = this.#at;
    this.#skipValue();
    return this.#slice(start);
  }

  /** Where the value here is, steps over it. It may be no valid JSON. */
  place(): { readonly start: number; readonly end: number } {
    this.#skipSpace();
    const start = this.#at;
    this.#skipValue();
    this.#checkLength(start);
    return { start, end: this.#at };
  }

  /** Makes sure that nothing but white space follows. */
  end(): void {
    this.#skipSpace();
    if (this.#at !== this.#bytes.length) throw this.#damaged();
  }

  #slice(start: number): string {
    this.#checkLength(start);
    return this.#bytes.toString("utf8", start, this.#at);
  }

  #checkLength(start: number): void {
    if (this.#at - start > MAX_TEXT_LENGTH) {
      throw new TasticError(
        "limit-exceeded",
        `${this.#what}: a value of ${this.#at - start} bytes is too long`,
      );
    }
  }

  #damaged(): TasticError {
    return new TasticError("invalid-format", `${this.#what}: not valid JSON at byte ${this.#at}`);
  }

  #expect(byte: number): void {
    if (this.#bytes[this.#at] !== byte) throw this.#damaged();
    this.#at++;
  }

  #skipSpace(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
    this.#at = at;
  }

  #skipString(): void {
    this.#at = this.#afterString(this.#at);
  }

  /** The position after the string that begins at `start`. */
  #afterString(start: number): number {
    const bytes = this.#bytes;
    const length = bytes.length;
    for (let at = start + 1; at < length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH) at++;
    }
    throw this.#damaged();
  }

  #skipValue(): void {
    const bytes = this.#bytes;
    const length = bytes.length;
    let at = this.#at;
    let depth = 0;
    while (at < length) {
      const byte = bytes[at] ?? 0;
      // A bracket and a brace differ in one bit; which of them closes which is for the parser to check.
      const bracket = byte | 0x20;
      if (byte === QUOTE) {
        at = this.#afterString(at) - 1;
        if (depth === 0) depth = -1;
      } else if (bracket === OPEN.object) depth++;
      else if (bracket === CLOSE.object) {
        if (depth === 0) break;
        if (--depth === 0) depth = -1;
      } else if (depth === 0 && (byte === COMMA || byte <= 0x20)) break;
      at++;
      if (depth === -1) break;
    }
    if (depth > 0) throw this.#damaged();
    this.#at = at;
  }
}
