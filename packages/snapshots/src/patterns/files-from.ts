/**
 * Lists of what to back up: `--files-from`, `--files-from-verbatim` and `--files-from-raw` (restic's manual, "Including
 * Files"). Whether the files exist is not asked here.
 */
import { TasticError } from "@tastic/errors";
import { decodeName } from "@tastic/format";
import { glob } from "./file-glob.js";
import { collectBytes, decodeText, readWhole, splitLines, trimSpace } from "./text-file.js";

/** Paths of list files; "-" is the standard input. */
export interface FilesFromOptions {
  /** One pattern a line, as a shell would expand it; comments and empty lines are skipped. */
  readonly patterns?: readonly string[];
  /** One path a line, exactly as it stands there. */
  readonly verbatim?: readonly string[];
  /** Paths that each end in a zero byte. */
  readonly raw?: readonly string[];
  /** What "-" stands for; the process's standard input if not given. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Is told, for people, of patterns that match nothing. */
  warn?(message: string): void;
}

function readList(path: string, stdin: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return path === "-" ? collectBytes(stdin, "the standard input") : readWhole(path);
}

/** restic looks for a byte order mark in files only. */
async function readLines(path: string, stdin: AsyncIterable<Uint8Array>): Promise<string[]> {
  if (path === "") return [];
  const bytes = await readList(path, stdin);
  return splitLines(path === "-" ? decodeName(bytes) : decodeText(bytes), path);
}

function expand(lines: readonly string[], warn: (message: string) => void): string[] {
  const patterns = lines.map(trimSpace).filter((line) => line !== "" && !line.startsWith("#"));
  return patterns.flatMap((pattern) => {
    const paths = glob(pattern);
    if (paths === undefined) {
      throw new TasticError("invalid-argument", `pattern: ${pattern}: syntax error in pattern`, {
        guidance: "Close every [ with a ], or list paths as they are with --files-from-verbatim.",
      });
    }
    if (paths.length === 0) warn(`pattern ${JSON.stringify(pattern)} does not match any files, skipping`);
    return paths;
  });
}

function splitRaw(bytes: Uint8Array): string[] {
  const paths: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0, start);
    if (end === -1) throw malformedRaw("trailing zero byte missing");
    if (end === start) throw malformedRaw("empty filename in listing");
    paths.push(decodeName(bytes.subarray(start, end)));
    start = end + 1;
  }
  return paths;
}

function malformedRaw(what: string): TasticError {
  return new TasticError("invalid-argument", `--files-from-raw: ${what}`, {
    data: { problem: "malformed-raw-list" },
  });
}

/**
 * Reads all lists: first the patterns, then the verbatim ones, then the raw ones.
 * @returns paths as given, absolute or relative to the working directory
 * @throws TasticError invalid-argument for a list that cannot be read or is malformed, with the problem
 *   "malformed-raw-list" in its data for one of zero bytes; limit-exceeded
 */
export async function readFilesFrom(options: FilesFromOptions): Promise<string[]> {
  const { patterns = [], verbatim = [], raw = [], stdin = process.stdin } = options;
  const lists: string[][] = [];
  // One after the other: two that read the standard input would share it.
  for (const path of patterns)
    lists.push(expand(await readLines(path, stdin), (message) => options.warn?.(message)));
  for (const path of verbatim) lists.push((await readLines(path, stdin)).filter((line) => line !== ""));
  for (const path of raw) lists.push(splitRaw(await readList(path, stdin)));
  return lists.flat();
}
