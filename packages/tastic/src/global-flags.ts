/**
 * The flags that every command takes.
 */
import { TasticError } from "@tastic/errors";
import type { CompressionMode } from "@tastic/format";
import { parseClockDuration } from "@tastic/snapshots";
import { choice, count, integer, list, natural, on, parsed, text } from "./flags.js";
import type { FlagValues } from "./flags.js";
import { fatal } from "./text-error.js";

const COMPRESSION_MODES = [
  "auto",
  "off",
  "fastest",
  "better",
  "max",
] as const satisfies readonly CompressionMode[];

export const globalFlags = {
  cacert: text("file", "trust the certificates in this file", { variable: "CACERT" }),
  cacheDir: text("directory", "keep the cache here", { variable: "CACHE_DIR" }),
  cleanupCache: on("remove caches that were not used for long"),
  compression: choice(
    "mode",
    "how hard to compress: auto, off, fastest, better or max",
    COMPRESSION_MODES,
    "auto",
    "compression mode",
    {
      variable: "COMPRESSION",
    },
  ),
  help: on("show help", { short: "h" }),
  httpUserAgent: text("name", "what to call ourselves in HTTP requests", { variable: "HTTP_USER_AGENT" }),
  insecureNoPassword: on("the repository has an empty password (insecure)"),
  insecureTls: on("do not verify certificates (insecure)"),
  json: on("print JSON"),
  keyHint: text("key", "try the key with this ID first", { variable: "KEY_HINT" }),
  limitDownload: integer("rate", "download at most so many KiB a second"),
  limitUpload: integer("rate", "upload at most so many KiB a second"),
  noCache: on("use no local cache"),
  noExtraVerify: on("do not verify data once more before it is stored"),
  noLock: on("do not lock the repository, for commands that only read"),
  option: list("key=value", "set an extended option (may be repeated)", { short: "o" }),
  packSize: natural("size", "aim at pack files of so many MiB", 0, { variable: "PACK_SIZE" }),
  passwordCommand: text("command", "run this to get the password", { variable: "PASSWORD_COMMAND" }),
  passwordFile: text("file", "read the password from this file", { short: "p", variable: "PASSWORD_FILE" }),
  profile: text("name", "take what is not given here from this profile", { short: "P" }),
  profilesFile: text("file", "read profiles from this file (default: $TASTIC_PROFILES)"),
  quiet: on("print less", { short: "q" }),
  repo: text("repository", "the repository to use", { short: "r", variable: "REPOSITORY" }),
  repositoryFile: text("file", "read from this file which repository to use", {
    variable: "REPOSITORY_FILE",
  }),
  retryLock: parsed(
    "duration",
    "keep trying so long when the repository is locked, such as 5m or 2h",
    0,
    readDuration,
  ),
  stuckRequestTimeout: parsed("duration", "try a request again that hangs so long", 5 * 60_000, readDuration),
  tlsClientCert: text("file", "a PEM file with our certificate and key", { variable: "TLS_CLIENT_CERT" }),
  verbose: count("print more; twice or --verbose=2 for most", { short: "v" }),
};

export type GlobalFlags = typeof globalFlags;
export type GlobalValues = FlagValues<GlobalFlags>;

/** How much to print: 0 with `--quiet`, 1 usually, 2 with `-v`, 3 with `-vv`. */
export type Verbosity = 0 | 1 | 2 | 3;

/** @throws TasticError invalid-argument where both less and more are asked for */
export function verbosityOf({ quiet, verbose }: Pick<GlobalValues, "quiet" | "verbose">): Verbosity {
  if (quiet && verbose > 0) throw fatal("--quiet and --verbose cannot be specified at the same time");
  if (quiet) return 0;
  return verbose >= 2 ? 3 : verbose === 1 ? 2 : 1;
}

/** Milliseconds, or an error in Go's words. */
function readDuration(given: string): number {
  try {
    return parseClockDuration(given);
  } catch (cause) {
    throw new TasticError("invalid-argument", `time: invalid duration ${JSON.stringify(given)}`, {
      guidance: "Give numbers with units, such as 90s, 5m or 1h30m.",
      cause,
    });
  }
}
