/**
 * What is wrong with a file of profiles, said so that it is found: file, line and key. Never with a value, which may be
 * a secret.
 */
import type { TasticError } from "@tastic/errors";
import { fatal } from "../text-error.js";
import { suggest } from "../suggest.js";

/** Where something stands: the file, and the keys that lead there. */
export interface ProfilePlace {
  readonly file: string;
  /** The file's text, in which the line is looked for. */
  readonly text: string;
  readonly keys: readonly string[];
}

export function within(place: ProfilePlace, ...keys: readonly string[]): ProfilePlace {
  return { ...place, keys: [...place.keys, ...keys] };
}

export function profileError(place: ProfilePlace, what: string, guidance?: string): TasticError {
  const line = lineOf(place.text, place.keys);
  const where = `${place.file}${line === undefined ? "" : `:${line}`}`;
  const key = place.keys.length === 0 ? "" : `${place.keys.map(written).join(".")}: `;
  return fatal(`${where}: ${key}${what}`, { guidance });
}

/** Of a key that means nothing, with what may have been meant. */
export function unknownKey(place: ProfilePlace, kind: string, known: readonly string[]): TasticError {
  const word = place.keys.at(-1) ?? "";
  const [near] = suggest(word, known);
  return profileError(
    place,
    `unknown ${kind}`,
    near === undefined ? `Known are: ${[...known].sort().join(", ")}.` : `Did you mean ${near}?`,
  );
}

function written(key: string): string {
  return /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
}

/**
 * The line on which a key is set, counted from 1: found by the headers of tables and the beginnings of lines. Undefined
 * where that is not certain, as within values of several lines.
 */
function lineOf(text: string, keys: readonly string[]): number | undefined {
  const found: number[] = [];
  let table: readonly string[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    const [, header] = /^\s*\[{1,2}\s*([^[\]]+?)\s*\]{1,2}\s*(?:#.*)?$/.exec(line) ?? [];
    const [, key] =
      /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=/.exec(line) ?? [];
    if (header !== undefined) table = keyParts(header);
    const here = header !== undefined ? table : key !== undefined ? [...table, ...keyParts(key)] : undefined;
    if (here?.length === keys.length && here.every((part, place) => part === keys[place])) found.push(at + 1);
  }
  return found.length === 1 ? found[0] : undefined;
}

function keyParts(dotted: string): string[] {
  return [...dotted.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}
