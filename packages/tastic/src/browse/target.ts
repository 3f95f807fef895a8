/**
 * Paths of URLs and the names in them. A name may have any bytes but a slash and a zero: in a URL each byte that is no
 * plain letter is %XX, so that also names which are not UTF-8, or hold control characters, come and go as they are.
 */
import { decodeName, encodeName } from "@tastic/format";

export interface Target {
  readonly names: readonly string[];
  /** Does the path end with a slash? */
  readonly slash: boolean;
  readonly query: URLSearchParams;
}

/** The path and query of a request; undefined for what cannot name anything. */
export function parseTarget(url: string): Target | undefined {
  // A proxy's form, with a scheme and a host, is allowed as well (RFC 9112, section 3.2.2).
  const [, path = "", query = ""] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/i.exec(url) ?? [];
  const names: string[] = [];
  for (const part of path.split("/")) {
    if (part === "") continue;
    const name = decodePart(part);
    if (name === undefined) return undefined;
    names.push(name);
  }
  return { names, slash: path.endsWith("/"), query: new URLSearchParams(query) };
}

/** The opposite of `parseTarget`; of a folder with a slash behind it. */
export function pathTo(names: readonly string[], isFolder: boolean): string {
  const path = names.map((name) => `/${encodePart(name)}`).join("");
  return isFolder ? `${path}/` : path;
}

function decodePart(part: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(part)) return undefined;
  const bytes = Buffer.from(
    part.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
  if (bytes.includes(0x2f) || bytes.includes(0)) return undefined;
  const name = decodeName(bytes);
  return name === "." || name === ".." ? undefined : name;
}

function encodePart(name: string): string {
  return encodeName(name)
    .toString("latin1")
    .replace(/[^A-Za-z0-9._~-]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}
