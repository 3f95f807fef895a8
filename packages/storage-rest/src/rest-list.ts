/**
 * The answer to a listing: `[{"name":"3f0a…","size":42}]` in version 2 of restic's REST protocol, `["3f0a…"]` in
 * version 1. Some servers say `null` for none, and some list files that are no objects.
 */
import { isObjectName, type FileInfo } from "@tastic/storage";

/** What a listing tells of an object; version 1 knows no size. */
export interface Listed {
  readonly name: string;
  readonly size: number | undefined;
}

/** The objects of a listing, each once. Throws what JSON.parse does, and an error where it is no listing. */
export function parseListing(body: Uint8Array): Listed[] {
  const parsed: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8"));
  if (parsed === null) return [];
  if (!Array.isArray(parsed)) throw new Error("the server's listing is no list");
  const found = new Map<string, Listed>();
  for (const entry of parsed as unknown[]) {
    const listed = typeof entry === "string" ? { name: entry, size: undefined } : sizedEntry(entry);
    if (isObjectName(listed.name)) found.set(listed.name, listed);
  }
  return [...found.values()];
}

function sizedEntry(entry: unknown): FileInfo {
  if (typeof entry === "object" && entry !== null && "name" in entry && "size" in entry) {
    const { name, size } = entry;
    if (typeof name === "string" && typeof size === "number" && Number.isSafeInteger(size) && size >= 0) {
      return { name, size };
    }
  }
  throw new Error("the server's listing has an entry that is none");
}
