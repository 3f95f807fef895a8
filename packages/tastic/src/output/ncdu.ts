/**
 * The export format of ncdu, a viewer of disk usage (dev.yorhel.nl/ncdu/jsonfmt): nested lists, each of a folder and
 * then what it holds.
 */
import { fileModeToUnix, jsonString, parseTime } from "@tastic/format";
import type { Node } from "@tastic/format";
import type { StoredSnapshot } from "@tastic/snapshots";
import { joinFields } from "./go-json.js";
import { storedJson } from "./snapshot-json.js";

const BLOCK = 512;

/** Takes nodes in the order that they are walked in, and gives the text piece by piece. */
export class NcduWriter {
  /** The folders that we are in. */
  readonly #open: string[] = [];

  begin(snapshot: StoredSnapshot): string {
    return `[1, 2, ${storedJson(snapshot)}, [{"name":"/"}`;
  }

  node(path: string, node: Node): string {
    let text = "";
    while (this.#open.length > 0 && !path.startsWith(`${this.#open.at(-1)}/`)) text += this.#close();
    text += `,\n${this.#indent}`;
    if (node.type === "dir") {
      this.#open.push(path);
      text += `[\n${this.#indent}`;
    }
    return text + entry(node);
  }

  end(): string {
    let text = "";
    while (this.#open.length > 0) text += this.#close();
    return `${text}\n]\n]`;
  }

  #close(): string {
    this.#open.pop();
    return `\n${this.#indent}]`;
  }

  get #indent(): string {
    return "  ".repeat(this.#open.length + 1);
  }
}

function entry(node: Node): string {
  const { name, type, size = 0, deviceId = 0n, inode = 0n, links = 0n, uid, gid, mode, mtime } = node;
  return joinFields({
    name: jsonString(name),
    asize: String(size),
    dsize: String(Math.ceil(size / BLOCK) * BLOCK),
    dev: String(deviceId),
    ino: String(inode),
    nlink: String(links),
    notreg: String(type !== "file" && type !== "dir"),
    uid: String(uid),
    gid: String(gid),
    mode: String(fileModeToUnix(mode)),
    mtime: String(unixTime(mtime)),
  });
}

/** Seconds since 1970; what is older counts as from then. */
function unixTime(time: string): bigint {
  const nanoseconds = parseTime(time);
  return nanoseconds < 0n ? 0n : nanoseconds / 1_000_000_000n;
}
