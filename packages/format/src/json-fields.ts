/**
 * Fields of parsed JSON, taken with their types checked. Every failure names the object and the field.
 */
import { TasticError } from "@tastic/errors";
import { parseId, type Id } from "./ids.js";

/** A JSON object whose fields are not trusted yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** V8 has no strings longer than this. */
export const MAX_TEXT_LENGTH = 0x1fff_ffe8;

/**
 * Parses bytes as JSON.
 * @throws TasticError invalid-format, limit-exceeded
 */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  if (bytes.length > MAX_TEXT_LENGTH) {
    throw new TasticError("limit-exceeded", `${what}: ${bytes.length} bytes are too many for one JSON text`);
  }
  return parseJsonText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"), what);
}

/**
 * Parses text as JSON.
 * @throws TasticError invalid-format
 */
export function parseJsonText(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The engine's message quotes the text, which may be a key; ours does not, nor is it kept as the cause.
    throw new TasticError("invalid-format", `${what}: not valid JSON`);
  }
}

/** An error about field `name` of `what`. */
export function fieldError(what: string, name: string, expected: string): TasticError {
  return new TasticError("invalid-format", `${what}: "${name}" must be ${expected}`);
}

/** Takes a value as an object. */
export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new TasticError("invalid-format", `${what}: a JSON object was expected`);
}

/** A string that must be there. */
export function stringField(object: JsonObject, name: string, what: string): string {
  const value = object[name];
  if (typeof value === "string") return value;
  throw fieldError(what, name, "a string");
}

/** A string that may be missing; an empty one counts as missing, as it does for Go's `omitempty`. */
export function optionalString(object: JsonObject, name: string, what: string): string | undefined {
  const value = object[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  throw fieldError(what, name, "a string");
}

/** An integer from 0 to `max`; 0 if missing. */
export function integerField(
  object: JsonObject,
  name: string,
  what: string,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const value = object[name] ?? 0;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw fieldError(what, name, `an integer from 0 to ${max}`);
}

/** A list of strings; empty if missing. */
export function stringsField(object: JsonObject, name: string, what: string): string[] {
  const value = object[name] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw fieldError(what, name, "a list of strings");
}

/** An id that may be missing. */
export function optionalId<T extends Id>(object: JsonObject, name: string, what: string): T | undefined {
  const value = object[name] ?? undefined;
  return value === undefined ? undefined : parseId<T>(value, `${what}: "${name}"`);
}

/** Without groups that repeat: those run out of stack on long text. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Takes a value as bytes in base64 with padding, of at most `max` bytes. */
export function base64Field(object: JsonObject, name: string, what: string, max: number): Buffer {
  const value = object[name];
  if (typeof value !== "string") throw fieldError(what, name, "bytes in base64");
  if (value.length > Math.ceil(max / 3) * 4) {
    throw new TasticError("limit-exceeded", `${what}: "${name}" is longer than ${max} bytes`);
  }
  if (value.length % 4 !== 0 || !BASE64.test(value)) throw fieldError(what, name, "bytes in base64");
  return Buffer.from(value, "base64");
}
