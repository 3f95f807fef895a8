/** Calls as restic names them in its messages: "Load(<data/3f0a1b2c3d>, 0, 0)". */
import type { ByteRange, FileType, StorageFile } from "./storage.js";

export type CallKind = "Save" | "Load" | "Stat" | "Remove";

export function callName(kind: CallKind, file: StorageFile, range?: ByteRange): string {
  const object = `<${typeName(file.type)}/${file.name.slice(0, 10)}>`;
  return kind === "Load"
    ? `Load(${object}, ${range?.length ?? 0}, ${range?.offset ?? 0})`
    : `${kind}(${object})`;
}

export function listName(type: FileType): string {
  return `List(${typeName(type)})`;
}

function typeName(type: FileType): string {
  return type === "pack" ? "data" : type;
}
