/**
 * Reading nodes. Whoever can write to a repository decides what is in them, so everything is checked: a name must not
 * lead out of its directory, numbers must be numbers, ids ids.
 */
import { TasticError } from "@tastic/errors";
import type { NodeType } from "./file-mode.js";
import { looksLikeTime } from "./go-time.js";
import { isId, type BlobId } from "./ids.js";
import { JsonCursor } from "./json-cursor.js";
import {
  asObject,
  base64Field,
  fieldError,
  integerField,
  optionalId,
  optionalString,
  parseJsonText,
  type JsonObject,
} from "./json-fields.js";
import { decodeName, toWellFormed } from "./names.js";
import type { ExtendedAttribute, Node } from "./node.js";
import { unquoteName } from "./quoted-name.js";

/** File systems stop at 255 bytes or characters, some at a little more. */
const MAX_NAME_LENGTH = 4096;
/** Linux allows 64 KiB, other systems more. */
const MAX_ATTRIBUTE_LENGTH = 64 * 1024 * 1024;
const MAX_LINK_TARGET_LENGTH = 1 << 20;
const MAX_UINT32 = 0xffff_ffff;
const MAX_UINT64 = 2n ** 64n - 1n;
const ZERO_TIME = "0001-01-01T00:00:00Z";

const NODE_TYPES: ReadonlySet<unknown> = new Set<NodeType>([
  "file",
  "dir",
  "symlink",
  "dev",
  "chardev",
  "fifo",
  "socket",
  "irregular",
]);

/** Fields of 64 bits, of which a JavaScript number holds only 53. */
const LARGE_FIELDS = ["inode", "device_id", "links", "device"] as const;
/** A key's quotes make sure that this is not inside of a string. */
const LARGE_INTEGER = /("(?:inode|device_id|links|device)"\s*:\s*)(\d{16,})(?=\s*[,}])/g;
/**
 * Reads the JSON of one node.
 * @throws TasticError invalid-format, limit-exceeded; unsafe-path for a name that no directory can have
 */
export function decodeNode(json: string, what: string): Node {
  const object = parseNode(json, what);
  const name = nameField(object, what);
  const type = object["type"];
  if (!NODE_TYPES.has(type)) throw fieldError(what, "type", "a known type of node");
  return {
    name,
    type: type as NodeType,
    mode: integerField(object, "mode", what, MAX_UINT32),
    mtime: timeField(object, "mtime", what),
    atime: timeField(object, "atime", what),
    ctime: timeField(object, "ctime", what),
    uid: integerField(object, "uid", what, MAX_UINT32),
    gid: integerField(object, "gid", what, MAX_UINT32),
    user: optionalString(object, "user", what),
    group: optionalString(object, "group", what),
    inode: largeField(object, "inode", what),
    deviceId: largeField(object, "device_id", what),
    size: integerField(object, "size", what) || undefined,
    links: largeField(object, "links", what),
    linkTarget: linkTargetField(object, what),
    extendedAttributes: attributesField(object, what),
    genericAttributes: (object["generic_attributes"] ?? undefined) && genericAttributes(json, what),
    device: largeField(object, "device", what),
    content: contentField(object, what),
    subtree: optionalId<BlobId>(object, "subtree", what),
    error: optionalString(object, "error", what),
  };
}

function parseNode(json: string, what: string): JsonObject {
  const text = json.includes("\\ufffd") ? markReplacedBytes(json) : json;
  const object = asObject(parseJsonText(text, what), what);
  const isInexact = (name: string): boolean => {
    const value = object[name];
    return typeof value === "number" && value > Number.MAX_SAFE_INTEGER;
  };
  if (!LARGE_FIELDS.some(isInexact)) return object;
  // Once more, with these integers as strings: there is no other way to their digits.
  return asObject(parseJsonText(text.replace(LARGE_INTEGER, '$1"$2"'), what), what);
}

/**
 * Go writes U+FFFD as an escape for a byte that was not UTF-8, and the character itself as it is. What stands for a byte
 * becomes a lone surrogate that stands for none, so that it is written again as it was.
 */
function markReplacedBytes(json: string): string {
  const parts = json.split("\\ufffd");
  const marked = parts.slice(0, -1).map((part) => {
    let end = part.length;
    while (part.charCodeAt(end - 1) === 0x5c) end--;
    // After an odd number of backslashes, the next one is escaped itself.
    return part + ((part.length - end) % 2 === 0 ? "\\udfff" : "\\ufffd");
  });
  return marked.join("") + (parts.at(-1) ?? "");
}

function nameField(object: JsonObject, what: string): string {
  const quoted = object["name"];
  if (typeof quoted !== "string") throw fieldError(what, "name", "a string");
  // Each byte of a name takes ten characters at most.
  if (quoted.length > 10 * MAX_NAME_LENGTH) {
    throw new TasticError("limit-exceeded", `${what}: a name of ${quoted.length} characters is too long`);
  }
  const name = unquoteName(toWellFormed(quoted), what);
  if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0")) {
    throw new TasticError("unsafe-path", `${what}: ${JSON.stringify(name)} cannot be the name of a file`, {
      guidance: "The repository was written by a faulty or hostile program; look at who can write to it.",
    });
  }
  if (name.length > MAX_NAME_LENGTH) {
    throw new TasticError("limit-exceeded", `${what}: a name of ${name.length} characters is too long`);
  }
  return name;
}

function timeField(object: JsonObject, name: string, what: string): string {
  const value = object[name] ?? ZERO_TIME;
  if (typeof value !== "string" || !looksLikeTime(value)) throw fieldError(what, name, "a time");
  return value;
}

/** An unsigned 64-bit integer; undefined for zero. */
function largeField(object: JsonObject, name: string, what: string): bigint | undefined {
  const value = object[name];
  if (value === undefined || value === null || value === 0) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return BigInt(value);
  const large = typeof value === "string" && /^\d{16,20}$/.test(value) ? BigInt(value) : -1n;
  if (large < 0n || large > MAX_UINT64) throw fieldError(what, name, "an unsigned 64-bit integer");
  return large;
}

function linkTargetField(object: JsonObject, what: string): string | undefined {
  const raw = object["linktarget_raw"] ?? undefined;
  if (raw !== undefined) {
    const target = decodeName(base64Field(object, "linktarget_raw", what, MAX_LINK_TARGET_LENGTH));
    return target === "" ? undefined : target;
  }
  const target = optionalString(object, "linktarget", what);
  return target === undefined ? undefined : toWellFormed(target);
}

function attributesField(object: JsonObject, what: string): ExtendedAttribute[] | undefined {
  const value = object["extended_attributes"] ?? [];
  if (!Array.isArray(value)) throw fieldError(what, "extended_attributes", "a list");
  if (value.length === 0) return undefined;
  return value.map((item: unknown) => {
    const place = `${what}: extended attribute`;
    const attribute = asObject(item, place);
    const bytes = attribute["value"] ?? undefined;
    return {
      name: optionalString(attribute, "name", place) ?? "",
      value:
        bytes === undefined ? new Uint8Array() : base64Field(attribute, "value", place, MAX_ATTRIBUTE_LENGTH),
    };
  });
}

/** The texts of the generic attributes: they are kept as they are, and parsing would not. */
function genericAttributes(json: string, what: string): Record<string, string> | undefined {
  const cursor = new JsonCursor(Buffer.from(json), what);
  const attributes = new Map<string, string>();
  for (let more = cursor.enter("object"); more; more = cursor.next("object")) {
    if (cursor.key() !== "generic_attributes") {
      cursor.text();
      continue;
    }
    for (let another = cursor.enter("object"); another; another = cursor.next("object")) {
      attributes.set(toWellFormed(cursor.key()), cursor.text());
    }
  }
  return attributes.size === 0 ? undefined : Object.fromEntries(attributes);
}

function contentField(object: JsonObject, what: string): BlobId[] | null {
  const value = object["content"] ?? null;
  if (value === null) return null;
  if (!Array.isArray(value) || !value.every(isId)) throw fieldError(what, "content", "a list of ids");
  return value as BlobId[];
}
