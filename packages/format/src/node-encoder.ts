/**
 * Writing nodes: exactly the JSON that restic writes, in its order of fields, with what it leaves out left out. The id
 * of a tree is a hash of these bytes.
 */
import { compactJson, jsonString } from "./go-json.js";
import { compareNames, encodeName, hasInvalidBytes } from "./names.js";
import type { ExtendedAttribute, Node } from "./node.js";
import { quoteName } from "./quoted-name.js";

/** What follows the metadata that a walk through a file system finds. */
export type NodeEnd = Pick<
  Node,
  "extendedAttributes" | "genericAttributes" | "device" | "content" | "subtree" | "error"
>;

/** A node as JSON. */
export function encodeNode(node: Node): string {
  return encodeNodeStart(node) + encodeNodeEnd(node);
}

/** A node's JSON up to its link target: what is known before attributes and content are. */
export function encodeNodeStart(node: Omit<Node, keyof NodeEnd>): string {
  let json = `{"name":${jsonString(quoteName(node.name))},"type":"${node.type}"`;
  if (node.mode) json += `,"mode":${node.mode}`;
  json += `,"mtime":${jsonString(node.mtime)},"atime":${jsonString(node.atime)},"ctime":${jsonString(node.ctime)}`;
  json += `,"uid":${node.uid},"gid":${node.gid}`;
  if (node.user) json += `,"user":${jsonString(node.user)}`;
  if (node.group) json += `,"group":${jsonString(node.group)}`;
  if (node.inode) json += `,"inode":${node.inode}`;
  if (node.deviceId) json += `,"device_id":${node.deviceId}`;
  if (node.size) json += `,"size":${node.size}`;
  if (node.links) json += `,"links":${node.links}`;
  return node.linkTarget ? json + encodeLinkTarget(node.linkTarget) : json;
}

/** The rest of a node's JSON, from its extended attributes on. */
export function encodeNodeEnd(node: NodeEnd): string {
  let json = "";
  if (node.extendedAttributes?.length) {
    json += `,"extended_attributes":[${node.extendedAttributes.map(encodeAttribute).join(",")}]`;
  }
  if (node.genericAttributes !== undefined) json += encodeGenericAttributes(node.genericAttributes);
  if (node.device) json += `,"device":${node.device}`;
  json += `,"content":${encodeContent(node.content)}`;
  if (node.subtree !== undefined) json += `,"subtree":"${node.subtree}"`;
  if (node.error) json += `,"error":${jsonString(node.error)}`;
  return `${json}}`;
}

function encodeContent(content: Node["content"]): string {
  if (content === null) return "null";
  return content.length === 0 ? "[]" : `["${content.join('","')}"]`;
}

/** Text cannot hold every target; one that is not UTF-8 is stored a second time, as bytes. */
function encodeLinkTarget(target: string): string {
  const json = `,"linktarget":${jsonString(target)}`;
  return hasInvalidBytes(target)
    ? `${json},"linktarget_raw":"${encodeName(target).toString("base64")}"`
    : json;
}

function encodeAttribute({ name, value }: ExtendedAttribute): string {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  return `{"name":${jsonString(name)},"value":"${bytes.toString("base64")}"}`;
}

function encodeGenericAttributes(attributes: Readonly<Record<string, string>>): string {
  const entries = Object.entries(attributes).toSorted(([a], [b]) => compareNames(a, b));
  if (entries.length === 0) return "";
  return `,"generic_attributes":{${entries.map(([name, json]) => `${jsonString(name)}:${compactJson(json)}`).join(",")}}`;
}
