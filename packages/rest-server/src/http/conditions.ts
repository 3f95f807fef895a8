/** `If-Match` and `If-None-Match` (RFC 9110, section 13): whether a request is still meant, now that this is what there is. */
import type { IncomingMessage } from "node:http";
import type { StorageFile } from "@tastic/storage";
import type { ObjectFacts } from "../stores/object-store.js";
import { refusal } from "./refusal.js";

/**
 * Objects are named by their content; the config is not. Undefined where nothing tells one config from the next: a bucket
 * does not say when it was stored.
 */
export function entityTag(file: StorageFile, { size, modified }: ObjectFacts): string | undefined {
  if (file.type !== "config") return `"${file.name}"`;
  return modified === 0 ? undefined : `"${size}-${Math.floor(modified)}"`;
}

/**
 * Throws a refusal (412) where a condition of the request does not hold for what is there. Returns "unchanged" where a
 * reader has that already, and is to be answered with 304.
 * @param tag of what is there; undefined where it has none
 */
export function checkConditions(request: IncomingMessage, tag: string | undefined): "go on" | "unchanged" {
  const { "if-match": match, "if-none-match": noneMatch } = request.headers;
  if (match !== undefined && !namesTag(match, tag)) throw conditionFailed();
  if (noneMatch === undefined || !namesTag(noneMatch, tag, { weakly: true })) return "go on";
  if (request.method === "GET" || request.method === "HEAD") return "unchanged";
  throw conditionFailed();
}

/** The same where nothing is there yet, for an upload. What is not there has no tag, not even `*`. */
export function checkConditionsOfNew(request: IncomingMessage): void {
  if (request.headers["if-match"] !== undefined) throw conditionFailed();
}

/** Does the header name the tag? `*` names all. `If-None-Match` takes weak ones, too. */
export function namesTag(header: string, tag: string | undefined, { weakly = false } = {}): boolean {
  if (header.trim() === "*") return true;
  return header
    .split(",")
    .map((one) => one.trim())
    .some((one) => (weakly ? one.replace(/^W\//, "") : one) === tag);
}

function conditionFailed(): Error {
  return refusal(412, "invalid-argument", "what is there is not what the request was meant for");
}
