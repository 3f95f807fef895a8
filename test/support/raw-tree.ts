/** What is in a folder whose names may be no text: contents and links by raw path, for comparing copies of snapshots. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { sha256Hex } from "./bytes.js";

/** Folders, files and links below `folder`, by path as latin1; of other things only what they are. */
export function rawTreeOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: Buffer, name: string): void => {
    for (const child of readdirSync(path, { encoding: "buffer" })) {
      const below = Buffer.concat([path, Buffer.from("/"), child]);
      const raw = `${name}/${child.toString("latin1")}`;
      const stat = lstatSync(below);
      if (stat.isDirectory()) {
        found[raw] = "folder";
        visit(below, raw);
      } else if (stat.isFile()) found[raw] = `${stat.size} bytes ${sha256Hex(readFileSync(below))}`;
      else if (stat.isSymbolicLink())
        found[raw] = `link to ${readlinkSync(below, { encoding: "buffer" }).toString("latin1")}`;
      else found[raw] = "special";
    }
  };
  visit(Buffer.from(folder), "");
  return found;
}

/** The same without FIFOs, sockets and devices. */
export function withoutSpecial(tree: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).filter(([, what]) => what !== "special"));
}
