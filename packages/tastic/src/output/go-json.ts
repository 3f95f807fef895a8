/**
 * JSON as Go's encoder writes it, which escapes what could mean something in HTML. Programs compare such lines.
 */
import { jsonString, toWellFormed } from "@tastic/format";

/** A JSON text on one line, or indented. Keys whose value is undefined are left out. */
export function goJson(value: unknown, indent?: string): string {
  const wellFormed = (_: string, part: unknown): unknown =>
    typeof part === "string" ? toWellFormed(part) : part;
  const json = JSON.stringify(value, wellFormed, indent);
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * An object out of fields that are JSON already, for what JavaScript's own values cannot say: integers beyond 2^53,
 * and texts that must stay as they were stored. Fields that are undefined are left out.
 */
export function joinFields(fields: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(fields).filter(([, json]) => json !== undefined);
  return `{${present.map(([key, json]) => `${jsonString(key)}:${json}`).join(",")}}`;
}
