/**
 * What `find` says: of files and folders, a list for each snapshot that has some; of blobs, each place. With `--json`, a
 * single array: of objects with the matches of a snapshot each, or of places.
 */
import { jsonString, shortId } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import type { FindBlobsEvent, FindEvent, StoredSnapshot, UnreadableTree } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { quoteUnprintable } from "./file-name.js";
import { joinFields } from "./go-json.js";
import { formatLocalTime } from "./local-time.js";
import { matchJson } from "./node-json.js";
import { longLine } from "./node-text.js";

export interface FindStyle {
  readonly long: boolean;
  readonly humanReadable: boolean;
}

export class FindReporter {
  readonly #output: Context["output"];
  readonly #style: FindStyle;
  /** Of `--json`: was the array begun? */
  #begun = false;
  /** The snapshot whose matches are being listed, and how many they are so far. */
  #snapshot: StoredSnapshot | undefined;
  #hits = 0;

  constructor({ output }: Context, style: FindStyle) {
    this.#output = output;
    this.#style = style;
  }

  onEvent(event: FindEvent): void {
    if (event.type === "unreadable") this.#unreadable(event);
    else if (this.#output.json) this.#matchJson(event.snapshot, event.path, event.node);
    else this.#match(event.snapshot, event.path, event.node);
  }

  onBlobEvent(event: FindBlobsEvent): void {
    if (event.type === "unreadable") return this.#unreadable(event);
    const { type, id, path, snapshot } = event;
    const tree = type === "data" ? event.tree : undefined;
    if (this.#output.json) this.#placeJson(id, path, tree, snapshot);
    else this.#place(id, path, tree, snapshot);
  }

  /** Closes what `--json` began. */
  finish(): void {
    if (!this.#output.json) return;
    this.#closeSnapshot();
    this.#output.result(this.#begun ? "]" : "[]");
  }

  #match(snapshot: StoredSnapshot, path: string, node: Node): void {
    if (this.#snapshot?.id !== snapshot.id) {
      if (this.#snapshot !== undefined) this.#output.info("");
      this.#snapshot = snapshot;
      const time = formatLocalTime(snapshot.time);
      this.#output.info(`Found matching entries in snapshot ${shortId(snapshot.id)} from ${time}`);
    }
    const { long, humanReadable } = this.#style;
    const shown = this.#shown(path);
    this.#output.result(long ? longLine(shown, node, humanReadable) : shown);
  }

  #matchJson(snapshot: StoredSnapshot, path: string, node: Node): void {
    if (!this.#begun) this.#output.text("[");
    if (this.#snapshot?.id !== snapshot.id) {
      this.#closeSnapshot();
      if (this.#begun) this.#output.text(",");
      this.#output.text('{"matches":[');
      this.#snapshot = snapshot;
      this.#hits = 0;
    }
    this.#begun = true;
    this.#output.text(`${this.#hits > 0 ? "," : ""}${matchJson(path, node)}`);
    this.#hits++;
  }

  #closeSnapshot(): void {
    if (this.#snapshot !== undefined)
      this.#output.text(`],"hits":${this.#hits},"snapshot":"${this.#snapshot.id}"}`);
  }

  #place(id: BlobId, path: string, tree: BlobId | undefined, snapshot: StoredSnapshot): void {
    const output = this.#output;
    output.result(`Found ${tree === undefined ? "tree" : "blob"} ${id}`);
    output.result(` ... ${tree === undefined ? "path" : "in file"} ${this.#shown(path)}`);
    if (tree !== undefined) output.result(`     (tree ${tree})`);
    output.result(` ... in snapshot ${shortId(snapshot.id)} (${formatLocalTime(snapshot.time)})`);
  }

  #placeJson(id: BlobId, path: string, tree: BlobId | undefined, snapshot: StoredSnapshot): void {
    const json = joinFields({
      object_type: tree === undefined ? '"tree"' : '"blob"',
      id: jsonString(id),
      path: jsonString(path),
      parent_tree: tree === undefined ? undefined : jsonString(tree),
      snapshot: jsonString(snapshot.id),
      time: jsonString(snapshot.time),
    });
    this.#output.text(`${this.#begun ? "," : "["}${json}`);
    this.#begun = true;
  }

  /** On standard output and into the JSON, if it must be: restic does so, too. */
  #unreadable({ parent, snapshot }: UnreadableTree): void {
    this.#output.result(`Unable to load tree ${parent}`);
    this.#output.result(` ... which belongs to snapshot ${snapshot.id}`);
  }

  /** Other programs get names as they are; a terminal would act on what is in them. */
  #shown(path: string): string {
    return this.#output.onTerminal ? quoteUnprintable(path) : path;
  }
}
