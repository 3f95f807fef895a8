/** What the documents show: their fenced blocks, and the commands in those of the shell. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** The folder of the whole project. */
export const projectFolder = join(import.meta.dirname, "..", "..");

/** A fenced block of a document. */
export interface Block {
  /** From the project's folder, with slashes: "docs/guide/s3.md". */
  readonly document: string;
  /** "sh", "ts", …; empty if none is given. */
  readonly language: string;
  /** The number of its first line in the document. */
  readonly line: number;
  readonly text: string;
}

/** One command of a block, with the lines that it goes on over and the text that it is given. */
export interface ShownCommand {
  /** "docs/guide/s3.md:12". */
  readonly place: string;
  readonly text: string;
}

/** README.md and all that is in docs, but what is generated. */
export async function allDocuments(): Promise<string[]> {
  const entries = await readdir(join(projectFolder, "docs"), { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => relative(projectFolder, join(entry.parentPath, entry.name)).split(sep).join("/"));
  return ["README.md", ...found.filter((path) => !path.startsWith("docs/api/")).sort()];
}

/** The fenced blocks of a document, in order. */
export async function blocksOf(document: string): Promise<Block[]> {
  const text = await readFile(join(projectFolder, document), "utf8");
  const blocks: Block[] = [];
  for (const match of text.matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
    const line = text.slice(0, match.index).split("\n").length + 1;
    blocks.push({ document, language: match[1] ?? "", line, text: match[2] ?? "" });
  }
  return blocks;
}

/** Examples in comments of source files: "```ts" behind asterisks. */
export async function exampleOfSource(document: string): Promise<Block> {
  const source = await readFile(join(projectFolder, document), "utf8");
  const match = /^ \* ```ts\n(.*?)^ \* ```$/ms.exec(source);
  if (match === null) throw new Error(`${document} has no example`);
  const line = source.slice(0, match.index).split("\n").length + 1;
  return { document, language: "ts", line, text: (match[1] ?? "").replace(/^ \* ?/gm, "") };
}

/** The commands of a block of the shell: one for each line that does not go on, and is not part of a text (`<<'END'`). */
export function commandsOf({ document, line, text }: Block): ShownCommand[] {
  const lines = text.replace(/\n$/, "").split("\n");
  const commands: ShownCommand[] = [];
  for (let at = 0; at < lines.length;) {
    const start = at;
    const end = /<<'(\w+)'/.exec(lines[at] ?? "")?.[1];
    if (end !== undefined) {
      while (at < lines.length && lines[at] !== end) at++;
    } else {
      while (lines[at]?.endsWith("\\") === true) at++;
    }
    at++;
    const command = lines.slice(start, at).join("\n");
    if (command.trim() !== "" && !command.startsWith("#"))
      commands.push({ place: `${document}:${line + start}`, text: command });
  }
  return commands;
}
