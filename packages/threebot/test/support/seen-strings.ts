/**
 * What somebody who has bytes can take out of them: is a secret that is known in there in some form, and which strings
 * could be one that is not?
 */

/** As it is, and as texts have it; base64 wherever in a longer one it begins. Two bytes may hide in the letters beside it. */
export function formsOf(secret: string | Uint8Array): Buffer[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const percent = hex.replace(/../g, "%$&");
  const texts = [hex, hex.toUpperCase(), percent, percent.toUpperCase(), ...base64sOf(bytes)];
  if (typeof secret === "string") texts.push(encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1));
  return [bytes, Buffer.from(bytes.toString("latin1"), "utf16le"), ...texts.map((text) => Buffer.from(text))];
}

function base64sOf(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // Letters that hold bits of a neighbour, too, are another's.
    const core = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** Passwords of repositories and login secrets look like this; so they are found in whatever they touch. */
const shape = 43;
const [shortest, longest, deepest] = [5, 400, 3];

/** Whatever could be a secret in there: words, their parts, values of JSON, and what they are when they are decoded. */
export function stringsOf(bytes: Buffer): Set<string> {
  const found = new Set<string>();
  const look = (text: string, depth: number): void => {
    for (const run of text.match(/[\u0020-\u007e]{5,}/g) ?? []) {
      take(run, depth);
      for (const part of run.split(/[\s":,;{}[\]()<>\\]+/)) {
        take(part, depth);
        for (const piece of part.split(/[=/?&@|]+/)) take(piece, depth);
      }
    }
  };
  const take = (text: string, depth: number): void => {
    if (text.length < shortest || found.has(text)) return;
    if (text.length <= longest) found.add(text);
    for (const run of text.match(/[\w-]{44,}/g) ?? []) {
      // Names of objects are no secrets, and there are many.
      if (/^[0-9a-f]+$/.test(run)) continue;
      for (let at = 0; at + shape <= run.length; at++) found.add(run.slice(at, at + shape));
    }
    if (depth < deepest) for (const decoded of decodingsOf(text)) look(decoded, depth + 1);
  };
  look(bytes.toString("latin1"), 0);
  return found;
}

/** @yields latin1 */
function* decodingsOf(text: string): Generator<string, void, undefined> {
  if (/%[0-9a-f]{2}/i.test(text))
    yield text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  if (/\\u[0-9a-f]{4}/i.test(text))
    yield text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  for (const run of text.match(/[0-9a-f]{10,}/gi) ?? [])
    for (const at of [0, 1]) yield* textIn(Buffer.from(run.slice(at), "hex"));
  for (const run of text.match(/[\w+/-]{8,}/g) ?? [])
    for (const at of [0, 1, 2, 3]) yield* textIn(Buffer.from(run.slice(at), "base64"));
}

/** Of bytes that are no text, what is long enough to be no accident. */
function textIn(bytes: Buffer): string[] {
  return bytes.toString("latin1").match(/^[ -~]{5,}$|[ -~]{10,}/g) ?? [];
}
