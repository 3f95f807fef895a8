/** The body of a PROPFIND (RFC 4918, section 14.20): which properties are asked for. */
import type { IncomingMessage } from "node:http";
import { refusal } from "@tastic/rest-server";
import sax from "sax";
import type { QualifiedTag, SAXOptions } from "sax";

export interface PropertyName {
  readonly space: string;
  readonly name: string;
}

export type WantedProperties =
  | { readonly kind: "all" }
  | { readonly kind: "names" }
  | { readonly kind: "some"; readonly properties: readonly PropertyName[] };

const MAX_BODY = 64 * 1024;
const MAX_PROPERTIES = 256;
/** Only the five entities of XML itself: the package's types lack that option. */
const options = { xmlns: true, strictEntities: true } as SAXOptions;

/** Reads the whole body. Throws a refusal: 413, 400. */
export async function readPropfind(request: IncomingMessage): Promise<WantedProperties> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MAX_BODY) throw refusal(413, "limit-exceeded", "the body of the PROPFIND is too large");
    pieces.push(piece);
  }
  return parsePropfind(Buffer.concat(pieces).toString("utf8"));
}

/** What an XML text asks for; everything, if it is empty. Throws a refusal: 400. */
export function parsePropfind(text: string): WantedProperties {
  if (text.trim() === "") return { kind: "all" };
  const path: string[] = [];
  const properties: PropertyName[] = [];
  let kind: WantedProperties["kind"] | undefined;
  const parser = sax.parser(true, options);
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- this parser has no other way
  parser.onerror = (error) => {
    throw malformed(error);
  };
  // Definitions of entities, and what they would bring in, are not wanted.
  parser.ondoctype = () => {
    throw malformed();
  };
  parser.onopentag = (tag) => {
    const { uri, local } = tag as QualifiedTag;
    path.push(uri === "DAV:" ? local : `{${uri}}${local}`);
    if (path[0] !== "propfind") throw malformed();
    if (path.length === 2) {
      const found = ({ allprop: "all", propname: "names", prop: "some" } as const)[local];
      if (uri === "DAV:" && found !== undefined) kind ??= found;
    } else if (path.length === 3 && path[1] === "prop") {
      if (properties.length === MAX_PROPERTIES) throw malformed();
      properties.push({ space: uri, name: local });
    }
  };
  parser.onclosetag = () => path.pop();
  parser.write(text).close();
  if (kind === undefined) throw malformed();
  return kind === "some" ? { kind, properties } : { kind };
}

function malformed(cause?: Error): Error {
  return refusal(400, "invalid-argument", `the body of the PROPFIND is not valid: ${cause?.message ?? ""}`, {
    text: "The body of the PROPFIND is not valid.",
  });
}
