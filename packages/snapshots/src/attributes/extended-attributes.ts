/**
 * Extended attributes: names with values that a file system keeps beside a file, access control lists among them
 * (restic's design, "Trees and Data", `extended_attributes`; xattr(7)).
 *
 * Node has no call for them, so another program makes the calls: perl where there is one, because it tells names in the
 * file system's order, which restic keeps and which therefore decides the ids of trees; else getfattr and setfattr,
 * which sort names. With neither, attributes cannot be kept, nor is there a way to learn whether there are any.
 */
import type { ExtendedAttribute } from "@tastic/format";
import { createGetfattrTool } from "./getfattr-tool.js";
import { createPerlTool } from "./perl-tool.js";

/** Is told of a file whose attributes could not be read, as the system calls the reason: "EACCES". */
export type AttributeFailure = (path: string, reason: string) => void;

/**
 * Reads and writes extended attributes of files, folders and links themselves. Paths are absolute, and names, like
 * paths, strings in which bytes that are not UTF-8 are lone surrogates.
 */
export interface AttributeTool {
  /**
   * The attributes of those of the paths that have any. File systems without attributes have none.
   * Ask for many paths at once: each call waits for another process.
   * @throws TasticError internal if the program ends unexpectedly
   */
  read(
    paths: readonly string[],
    onFailure?: AttributeFailure,
  ): Promise<ReadonlyMap<string, readonly ExtendedAttribute[]>>;
  /**
   * Sets attributes; others that the file has stay.
   * @throws TasticError access-denied, unsupported, not-found or incomplete, that names the path and the attribute
   */
  write(path: string, attributes: readonly ExtendedAttribute[]): Promise<void>;
  /**
   * Removes attributes; those that are not there count as removed.
   * @throws TasticError as `write`
   */
  remove(path: string, names: readonly string[]): Promise<void>;
  /** Ends the program. Without it, the program ends with this process. */
  close(): void;
}

/** What to tell the user once, where no tool could be had. */
export const NO_ATTRIBUTE_TOOL =
  "extended attributes are not kept: neither perl nor getfattr and setfattr (package attr) are installed";

/** The best tool that works here; undefined if there is none. Starts it, which takes milliseconds. */
export async function createAttributeTool(): Promise<AttributeTool | undefined> {
  if (process.platform !== "linux") return undefined;
  return (await createPerlTool()) ?? (await createGetfattrTool());
}
