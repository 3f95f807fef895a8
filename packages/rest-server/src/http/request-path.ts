/**
 * What the path of a request names: the folders of a repository, and an object or a list in it (restic's REST protocol,
 * "REST Backend" in its documentation; which paths are repositories is rest-server's rule).
 */
import { isObjectName, type FileType, type StorageFile } from "@tastic/storage";

/** A repository's URL has at most so many folders. */
export const maximumDepth = 2;

const types: Readonly<Record<string, Exclude<FileType, "config">>> = {
  data: "pack",
  index: "index",
  keys: "key",
  locks: "lock",
  snapshots: "snapshot",
};

/** These words end the folder part of a path. */
const reserved: ReadonlySet<string> = new Set([...Object.keys(types), "config"]);

export type Target =
  | { readonly kind: "repository" }
  | { readonly kind: "list"; readonly type: Exclude<FileType, "config"> }
  | { readonly kind: "object"; readonly file: StorageFile };

export interface RequestPath {
  readonly folders: readonly string[];
  readonly target: Target;
}

/** The word of a type in URLs, logs and metrics: "data" for packs. */
export function wordOf(type: FileType): string {
  return Object.entries(types).find(([, one]) => one === type)?.[0] ?? type;
}

/** The path and the query of a request target such as "/a/data/?x=1", still encoded. */
export function splitTarget(url: string): { readonly path: string; readonly query: URLSearchParams } {
  // Clients of proxies send the whole URL.
  const relative = url.replace(/^https?:\/\/[^/?#]*/i, "");
  const at = relative.indexOf("?");
  return at === -1
    ? { path: relative, query: new URLSearchParams() }
    : { path: relative.slice(0, at), query: new URLSearchParams(relative.slice(at + 1)) };
}

/** What an encoded path names, or undefined where it can name nothing. */
export function parseRequestPath(path: string): RequestPath | undefined {
  const decoded = decode(path);
  if (decoded === undefined || !decoded.startsWith("/")) return undefined;
  const segments = decoded.slice(1).split("/");
  const folders: string[] = [];
  while (folders.length < maximumDepth && segments.length > 1 && !reserved.has(segments[0]!)) {
    const folder = segments.shift()!;
    if (!isFolderName(folder)) return undefined;
    folders.push(folder);
  }
  const target = parseTarget(segments);
  return target && { folders, target };
}

/** Can a folder of a repository's URL have this name? Never one that means something to a file system or to us. */
export function isFolderName(name: string): boolean {
  return (
    name !== "" &&
    name !== "." &&
    name !== ".." &&
    !reserved.has(name) &&
    // Our own, also where a file system takes another case for the same name.
    !/^\.(?:tastic|htpasswd)(?:$|\.)/i.test(name) &&
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    !/[/\\\u0000-\u001f\u007f]/.test(name) &&
    Buffer.byteLength(name) <= 255
  );
}

function parseTarget(segments: readonly string[]): Target | undefined {
  const [first = "", second, more] = segments;
  if (first === "" && second === undefined) return { kind: "repository" };
  if (more !== undefined) return undefined;
  if (first === "config")
    return second === undefined ? { kind: "object", file: { type: "config", name: "" } } : undefined;
  const type = Object.hasOwn(types, first) ? types[first] : undefined;
  if (type === undefined || second === undefined) return undefined;
  if (second === "") return { kind: "list", type };
  return isObjectName(second) ? { kind: "object", file: { type, name: second } } : undefined;
}

/** Undefined for what is no UTF-8, and for encoded separators, which would cut the path elsewhere than it seems. */
function decode(path: string): string | undefined {
  if (!path.includes("%")) return path;
  if (/%(?:2f|5c|00)/i.test(path)) return undefined;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
