/**
 * Trees: the blobs that hold directories (restic's design, "Trees and Data"), as JSON with a line feed at the end. The
 * nodes of a tree are in the order of their names' bytes, and no name is there twice.
 */
import { TasticError } from "@tastic/errors";
import { JsonCursor } from "./json-cursor.js";
import { parseJsonText } from "./json-fields.js";
import { compareNames } from "./names.js";
import { decodeNode } from "./node-decoder.js";
import { encodeNode } from "./node-encoder.js";
import type { Node } from "./node.js";

/** Characters that are collected before they are turned into bytes: few enough that the text is short-lived garbage. */
const CHUNK_LENGTH = 1 << 15;
/** A blob's length is stored in 32 bits. */
const MAX_TREE_LENGTH = 0xffff_ffff;

/**
 * Collects the nodes of a tree in order. The bytes grow in place, so that a folder of a million entries needs its
 * tree's memory once, and not a second time to put pieces together.
 */
export class TreeEncoder {
  #bytes: ArrayBuffer | undefined;
  #length = 0;
  #text = '{"nodes":[';
  #lastName = "";
  #count = 0;

  /** Nodes so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds the next node.
   * @throws TasticError invalid-argument if its name does not come after the last one's; limit-exceeded
   */
  add(node: Node): void {
    this.addText(node.name, encodeNode(node));
  }

  /**
   * Adds the next node as the JSON that `encodeNode` makes.
   * @throws as `add`
   */
  addText(name: string, json: string): void {
    if (compareNames(name, this.#lastName) <= 0) {
      throw new TasticError(
        "invalid-argument",
        `node ${JSON.stringify(name)} after ${JSON.stringify(this.#lastName)}: nodes are not ordered or duplicate`,
      );
    }
    this.#text += this.#count === 0 ? json : `,${json}`;
    this.#lastName = name;
    this.#count++;
    if (this.#text.length >= CHUNK_LENGTH) this.#flush();
  }

  /** The whole tree. The encoder is of no use afterwards. */
  finish(): Uint8Array {
    this.#text += "]}\n";
    if (this.#bytes === undefined) return Buffer.from(this.#text, "utf8");
    this.#flush();
    return new Uint8Array(this.#bytes, 0, this.#length);
  }

  #flush(): void {
    const end = this.#length + Buffer.byteLength(this.#text, "utf8");
    if (end > MAX_TREE_LENGTH) {
      throw new TasticError(
        "limit-exceeded",
        `a directory of more than ${this.#count} entries is too large to store`,
      );
    }
    // Address space is reserved, memory is not: that comes with `resize`.
    this.#bytes ??= new ArrayBuffer(0, { maxByteLength: MAX_TREE_LENGTH });
    this.#bytes.resize(end);
    Buffer.from(this.#bytes, this.#length, end - this.#length).write(this.#text, "utf8");
    this.#length = end;
    this.#text = "";
  }
}

/**
 * Reads a tree node by node: never more than one of them is parsed at a time. Keys beside `nodes` are ignored.
 * @throws TasticError invalid-format, limit-exceeded, unsafe-path; nodes before the damage come first
 */
export function* iterateTree(bytes: Uint8Array, what: string): Generator<Node, void, undefined> {
  let lastName = "";
  for (const json of iterateNodeTexts(bytes, what)) {
    const node = decodeNode(json, what);
    if (compareNames(node.name, lastName) <= 0) {
      throw new TasticError(
        "invalid-format",
        `${what}: node ${JSON.stringify(node.name)} after ${JSON.stringify(lastName)}: nodes are not ordered or duplicate`,
      );
    }
    lastName = node.name;
    yield node;
  }
}

/**
 * Reads a tree node by node, each as its JSON text, which is not looked at: `decodeNode` says whether it is one.
 * @throws TasticError invalid-format, limit-exceeded; nodes before the damage come first
 */
export function* iterateNodeTexts(bytes: Uint8Array, what: string): Generator<string, void, undefined> {
  const cursor = new JsonCursor(bytes, what);
  for (const _ of iterateNodes(cursor, what)) yield cursor.text();
}

/**
 * Where in a tree's bytes each node is. What is there is not looked at.
 * @throws as `iterateNodeTexts`
 */
export function* iterateNodePlaces(
  bytes: Uint8Array,
  what: string,
): Generator<{ readonly start: number; readonly end: number }, void, undefined> {
  const cursor = new JsonCursor(bytes, what);
  for (const _ of iterateNodes(cursor, what)) yield cursor.place();
}

/** Moves the cursor to one node after the other; whoever iterates steps over it. */
function* iterateNodes(cursor: JsonCursor, what: string): Generator<void, void, undefined> {
  let found = false;
  for (let more = cursor.enter("object"); more; more = cursor.next("object")) {
    if (cursor.key() !== "nodes") {
      parseJsonText(cursor.text(), what);
      continue;
    }
    if (found) throw new TasticError("invalid-format", `${what}: the nodes are there twice`);
    found = true;
    if (cursor.isNull()) cursor.text();
    else for (let another = cursor.enter("list"); another; another = cursor.next("list")) yield;
  }
  cursor.end();
  if (!found) throw new TasticError("invalid-format", `${what}: there are no nodes in this tree`);
}

/**
 * Reads a whole tree.
 * @throws TasticError invalid-format, limit-exceeded, unsafe-path
 */
export function decodeTree(bytes: Uint8Array, what: string): Node[] {
  return [...iterateTree(bytes, what)];
}
