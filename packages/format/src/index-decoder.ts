/**
 * Reading index files (restic's design, "Indexing").
 *
 * A repository's indexes list millions of blobs. They are reported one by one, as bytes and numbers in memory that is
 * used again, and the layout that restic itself writes is scanned directly. Whatever does not have that layout, such as
 * the indexes of other programs, is parsed as any JSON from there on.
 */
import { TasticError } from "@tastic/errors";
import { IndexScanner, type IndexVisitor } from "./index-scanner.js";
import { ID_LENGTH, idToBytes, isId } from "./ids.js";
import { asObject, fieldError, integerField, parseJson, type JsonObject } from "./json-fields.js";

export type { IndexVisitor } from "./index-scanner.js";

const MAX_UINT32 = 0xffff_ffff;

/**
 * Reads the plaintext of an index file, after decompression.
 * @param visitor is told of every pack, and after each pack of its blobs. If an error is thrown half-way, it has heard
 *   of a part of them.
 * @throws TasticError invalid-format; unsupported for the layout from before restic 0.2
 */
export function decodeIndex(json: Uint8Array, visitor: IndexVisitor, what: string): void {
  if (json[0] === 0x5b) {
    throw new TasticError("unsupported", `${what}: this index has the layout from before restic 0.2`, {
      guidance: "Open the repository with restic 0.16 or older and let it rebuild the index.",
    });
  }
  const scanner = new IndexScanner(json, visitor);
  if (!scanner.scan()) decodeAnyIndex(json, visitor, what, scanner.packs, scanner.blobs);
}

/** Any valid JSON; the first so many packs, and blobs of the last of them, were reported before. */
function decodeAnyIndex(
  json: Uint8Array,
  visitor: IndexVisitor,
  what: string,
  packsKnown: number,
  blobsKnown: number,
): void {
  const root = asObject(parseJson(json, what), what);
  const packs = listField(root, "packs", what);
  if (packs.length < packsKnown) throw contradiction(what);
  const id = new Uint8Array(ID_LENGTH);
  for (const [position, item] of packs.entries()) {
    if (position < packsKnown - 1) continue;
    const place = `${what}: pack ${position}`;
    const pack = asObject(item, place);
    const isKnown = position === packsKnown - 1;
    idField(pack, place, id);
    if (!isKnown) visitor.pack(id);
    const blobs = listField(pack, "blobs", place);
    if (isKnown && blobs.length < blobsKnown) throw contradiction(what);
    for (let i = isKnown ? blobsKnown : 0; i < blobs.length; i++) {
      const blobPlace = `${place}: blob ${i}`;
      const blob = asObject(blobs[i], blobPlace);
      const type = blob["type"];
      if (type !== "data" && type !== "tree") throw fieldError(blobPlace, "type", '"data" or "tree"');
      const number = (name: string): number => integerField(blob, name, blobPlace, MAX_UINT32);
      idField(blob, blobPlace, id);
      visitor.blob(id, type, number("offset"), number("length"), number("uncompressed_length"));
    }
  }
}

function contradiction(what: string): TasticError {
  return new TasticError("invalid-format", `${what}: a key of the index is there twice`);
}

function listField(object: JsonObject, name: string, what: string): readonly unknown[] {
  const value = object[name];
  if (value === null) return [];
  if (!Array.isArray(value)) throw fieldError(what, name, "a list");
  return value as readonly unknown[];
}

function idField(object: JsonObject, what: string, target: Uint8Array): void {
  const id = object["id"];
  if (!isId(id)) throw fieldError(what, "id", "64 lowercase hexadecimal digits");
  idToBytes(id, target);
}
