/**
 * JSON as Go's encoder writes it, which escapes what could mean something in HTML. Programs compare such lines.
 */

/** A JSON text. Keys whose value is undefined are left out. */
export function goJson(value: unknown, indent?: string): string {
  const json = JSON.stringify(value, (_, part: unknown) => (typeof part === "string" ? part.toWellFormed() : part), indent);
  return json.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Integers that JavaScript's numbers cannot hold go into JSON as `raw(text)`; see `withRaw`. */
export function joinJson(fields: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(fields).filter(([, json]) => json !== undefined);
  return `{${present.map(([key, json]) => `${goJson(key)}:${json}`).join(",")}}`;
}
