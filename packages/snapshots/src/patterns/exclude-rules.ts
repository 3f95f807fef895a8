/**
 * What a backup leaves out (restic's manual, "Excluding Files"): by path, size, a file in the same folder, or file
 * system. The targets of a backup themselves are never asked about: restic stores them whatever the rules say.
 */
import type { NodeType } from "@tastic/format";
import { createDeviceRule } from "./device-rule.js";
import { loadPatterns } from "./pattern-sources.js";
import type { Environment, PatternSources } from "./pattern-sources.js";
import { matches } from "./patterns.js";
import { CACHE_TAG, createTagFileRule } from "./tag-file-rule.js";

/** What a backup leaves out: the `--exclude` family. */
export interface ExcludeOptions extends PatternSources {
  /** Bytes; larger files are left out. See `parseSize`. */
  readonly largerThan?: number;
  /** Folders that hold such a file, each as "name" or "name:header", keep nothing but it. */
  readonly ifPresent?: readonly string[];
  /** Folders with a CACHEDIR.TAG keep nothing but it. */
  readonly caches?: boolean;
  /** Absolute paths of the backup's targets: what is mounted below them is left out. */
  readonly oneFileSystem?: readonly string[];
  /** Absolute paths of the backup's targets: what `.gitignore` files in and below them name is left out. */
  readonly gitignore?: readonly string[];
  /** Absolute paths that are left out with all they hold: the cache of the repository. */
  readonly paths?: readonly string[];
  /** For variables in pattern files; the process's own if not given. */
  readonly environment?: Environment;
  /** Is told, for people, of tag files that are none, and `.gitignore` files that cannot be read. */
  warn?(message: string): void;
}

/** What a rule can know of an item. */
export interface SourceItem {
  /** Absolute, whatever the user called the target. */
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  readonly type: NodeType;
  /** Bytes, as the file system states them. */
  readonly size: number;
  /** `st_dev` */
  readonly deviceId: bigint;
}

/** What was made of `ExcludeOptions`; see `createExcludeRules`. */
export interface ExcludeRules {
  /** Shall the item, and all below it, be left out? Looks into the item's folder when a rule asks for a file there. */
  excludes(item: SourceItem): boolean;
}

/**
 * Reads all rules.
 * @throws TasticError invalid-argument for malformed patterns, tag files without a name, and pattern files that cannot
 * be read; the system's error if a target's status cannot be read
 */
export async function createExcludeRules(options: ExcludeOptions): Promise<ExcludeRules> {
  const { largerThan, ifPresent = [], caches = false, oneFileSystem, paths = [] } = options;
  const warn = (message: string): void => options.warn?.(message);
  const rules: ((item: SourceItem) => boolean)[] = [];
  for (const path of paths) rules.push((item) => item.path === path || item.path.startsWith(`${path}/`));
  for (const list of await loadPatterns("exclude", options, options.environment)) {
    rules.push((item) => matches(list, item.path));
  }
  if (oneFileSystem !== undefined) {
    const rule = createDeviceRule(oneFileSystem);
    rules.push((item) => rule.excludes(item));
  }
  if (largerThan !== undefined) rules.push((item) => item.type !== "dir" && item.size > largerThan);
  for (const specification of caches ? [...ifPresent, CACHE_TAG] : ifPresent) {
    const rule = createTagFileRule(specification, warn);
    rules.push((item) => rule.excludes(item));
  }
  if (options.gitignore !== undefined) {
    // With the library that it needs, which most backups do not.
    const { createGitignoreRule } = await import("./gitignore-rule.js");
    const rule = createGitignoreRule(options.gitignore, warn);
    rules.push((item) => rule.excludes(item));
  }
  return { excludes: (item) => rules.some((rule) => rule(item)) };
}
