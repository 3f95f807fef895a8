/**
 * A tree in which single nodes are looked up, again and again: its bytes, and where in them each node begins. A folder of
 * a hundred thousand entries takes half a megabyte beside its bytes, where its nodes as objects would take hundreds.
 */
import { TasticError } from "@tastic/errors";
import { compareNames } from "./names.js";
import { decodeNode } from "./node-decoder.js";
import type { Node } from "./node.js";
import { iterateNodePlaces } from "./tree.js";

export class TreeTable {
  readonly #bytes: Buffer;
  readonly #what: string;
  /** First byte and end of each node. */
  readonly #places: Uint32Array;

  /**
   * Reads all nodes once, so that what is found later is known to be right.
   * @throws TasticError as `iterateTree`
   */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#what = what;
    let places = new Uint32Array(64);
    let count = 0;
    let lastName = "";
    for (const { start, end } of iterateNodePlaces(bytes, what)) {
      const { name } = this.#decode(start, end);
      if (compareNames(name, lastName) <= 0) {
        throw new TasticError(
          "invalid-format",
          `${what}: node ${JSON.stringify(name)} after ${JSON.stringify(lastName)}: nodes are not ordered or duplicate`,
        );
      }
      lastName = name;
      if (count === places.length) {
        const larger = new Uint32Array(places.length * 2);
        larger.set(places);
        places = larger;
      }
      places[count++] = start;
      places[count++] = end;
    }
    this.#places = places.slice(0, count);
  }

  /** How many nodes there are. */
  get length(): number {
    return this.#places.length / 2;
  }

  /** Bytes that this keeps in memory. */
  get memory(): number {
    return this.#bytes.length + this.#places.byteLength;
  }

  /** The node at a place in the order of names, from 0. */
  at(position: number): Node {
    return this.#decode(this.#places[position * 2] ?? 0, this.#places[position * 2 + 1] ?? 0);
  }

  /** The node with this name. */
  find(name: string): Node | undefined {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const node = this.at(middle);
      const order = compareNames(node.name, name);
      if (order === 0) return node;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  /** All nodes in order, one decoded at a time. */
  *[Symbol.iterator](): Generator<Node, void, undefined> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  #decode(start: number, end: number): Node {
    return decodeNode(this.#bytes.toString("utf8", start, end), this.#what);
  }
}
