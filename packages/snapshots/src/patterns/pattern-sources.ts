/**
 * Where patterns come from: `--exclude`, `--iexclude`, `--exclude-file` and `--iexclude-file`, or the same of `--include`
 * (restic's manual, "Excluding Files").
 */
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import { parsePatterns } from "./patterns.js";
import type { PatternList } from "./patterns.js";
import { decodeText, readWhole, splitLines, trimSpace } from "./text-file.js";

/** Patterns, and files of patterns. */
export interface PatternSources {
  readonly patterns?: readonly string[];
  /** Patterns that ignore case. */
  readonly insensitivePatterns?: readonly string[];
  /** Paths of files with patterns, one a line. */
  readonly files?: readonly string[];
  readonly insensitiveFiles?: readonly string[];
}

/** Variables, which files of patterns may name as `$NAME` and `${NAME}`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `${name}`, `$name`, or `$` and one of the shell's special characters; and what Go drops as malformed: `${}` and `${`. */
const VARIABLE = /\$(?:\{([^}]+)\}|\{\}?|([*#$@!?\-0-9])|([A-Za-z0-9_]+))/g;

/** Fills in variables as Go's `os.Expand` does; `$$` is a dollar, a variable that is not set is nothing. */
function expandVariables(line: string, environment: Environment): string {
  return line.replace(VARIABLE, (_, braced?: string, special?: string, plain?: string) => {
    const name = braced ?? special ?? plain;
    if (name === "$") return "$";
    return name === undefined ? "" : (environment[name] ?? "");
  });
}

/**
 * The patterns of a file: lines without white space around them, comments and empty lines, with variables filled in.
 * @throws TasticError invalid-argument if the file cannot be read
 */
export async function readPatternFile(
  path: string,
  environment: Environment = process.env,
): Promise<string[]> {
  try {
    const lines = splitLines(decodeText(await readWhole(path)), path).map(trimSpace);
    return lines
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => expandVariables(line, environment));
  } catch (error) {
    const code = isTasticError(error) ? error.code : "internal";
    throw new TasticError(
      code,
      `failed to read patterns from file ${JSON.stringify(path)}: ${messageOf(error)}`,
      {
        guidance: "Check the path, and that the file can be read.",
        data: { problem: "unread-patterns" },
        cause: error,
      },
    );
  }
}

async function readPatternFiles(
  paths: readonly string[],
  flag: string,
  environment?: Environment,
): Promise<string[]> {
  const patterns = (await Promise.all(paths.map((path) => readPatternFile(path, environment)))).flat();
  parsePatterns(patterns, { flag }); // so that the message names the option
  return patterns;
}

/**
 * Reads all patterns: at most one list of those that ignore case and one of those that do not. A path is chosen if
 * either chooses it.
 * @throws TasticError invalid-argument for malformed patterns and for files that cannot be read
 */
export async function loadPatterns(
  kind: "exclude" | "include",
  sources: PatternSources,
  environment?: Environment,
): Promise<PatternList[]> {
  const { patterns = [], insensitivePatterns = [], files = [], insensitiveFiles = [] } = sources;
  const sensitive = [...patterns, ...(await readPatternFiles(files, `--${kind}-file`, environment))];
  const insensitive = [
    ...insensitivePatterns,
    ...(await readPatternFiles(insensitiveFiles, `--i${kind}-file`, environment)),
  ];
  return [
    parsePatterns(insensitive, { insensitive: true, flag: `--i${kind}` }),
    parsePatterns(sensitive, { flag: `--${kind}` }),
  ].filter((list) => list.patterns.length > 0);
}
