/**
 * Where a repository is, as `--repo` and RESTIC_REPOSITORY say it, and the storage there as flags and variables want it.
 */
import { isTasticError } from "@tastic/errors";
import type { Storage } from "@tastic/storage";
import { readFileSync } from "node:fs";
import type { Context } from "./command.js";
import { parseExtendedOptions } from "./extended-options.js";
import { openStorage as openStorageAt, schemeOf } from "./stores/open-storage.js";
import { retryText } from "./stores/retry-text.js";
import { systemErrorText } from "./system-error-text.js";
import { fatal, isTextError } from "./text-error.js";

const KIB = 1024;

/**
 * Opens the storage at a location; whether a repository is there is another matter. Errors: those of `schemeOf`,
 * `invalid-argument` for what the location, flags and variables say.
 */
export async function openStorage(context: Context, location: string): Promise<Storage> {
  const { globals, environment, output } = context;
  const options = parseExtendedOptions(globals.option);
  schemeOf(location);
  try {
    return await openStorageAt(location, {
      options,
      variables: environment.resticNames,
      caCertificates: readPem(globals.cacert, "unable to read root certificate: "),
      clientCertificate: readPem(globals.tlsClientCert, "ReadFile: "),
      insecureTls: globals.insecureTls,
      userAgent: globals.httpUserAgent === "" ? undefined : globals.httpUserAgent,
      uploadLimit: rateOf(globals.limitUpload),
      downloadLimit: rateOf(globals.limitDownload),
      stuckAfterMs: globals.stuckRequestTimeout,
      signal: context.signal,
      onRetry: (notice) => output.error(retryText(notice)),
      onLine: (line) => output.error(line),
    });
  } catch (error) {
    if (isTextError(error) || !isTasticError(error)) throw error;
    const { message } = error;
    const where = `unable to open repository at ${maskLocation(location)}: `;
    throw fatal(/^(?:option |parsing repository )/.test(message) ? message : `${where}${message}`, {
      code: error.code,
      guidance: error.guidance,
      cause: error,
    });
  }
}

/** Bytes a second, of KiB a second. */
function rateOf(limit: number): number | undefined {
  return limit > 0 ? limit * KIB : undefined;
}

/** A location as it may be shown: without the password of its URL. */
export function maskLocation(location: string): string {
  return location.replace(/(:\/\/[^/@:]*):[^/]*@/, "$1:***@");
}

/** The location as restic shows it: that of a REST server ends with a slash. */
export function shownLocation(location: string): string {
  const masked = maskLocation(location);
  return masked.startsWith("rest:") && !masked.endsWith("/") ? `${masked}/` : masked;
}

function readPem(file: string, failed: string): string | undefined {
  if (file === "") return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw fatal(`${failed}open ${file}: ${systemErrorText(cause)}`, { cause });
  }
}
