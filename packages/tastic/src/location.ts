/**
 * Where a repository is, as `--repo` and RESTIC_REPOSITORY say it, and the storage there with all its layers.
 */
import { TasticError, isTasticError } from "@tastic/errors";
import type { Storage } from "@tastic/storage";
import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { Context } from "./command.js";
import { parseExtendedOptions } from "./extended-options.js";
import { interruptible } from "./stores/interruptible-storage.js";
import { withLayers } from "./stores/layers.js";
import { leftToRclone, schemes } from "./stores/schemes.js";
import { systemErrorText } from "./system-error-text.js";
import { fatal, isTextError } from "./text-error.js";

/**
 * The scheme of a location; `local` for a path.
 * @throws TasticError invalid-argument for one that nobody knows, unsupported for one that is left to rclone
 */
export function schemeOf(location: string): string {
  const [, scheme = ""] = /^([^:/\\]*):/s.exec(location) ?? [];
  if (scheme === "" || isAbsolute(location)) return "local";
  if (Object.hasOwn(schemes, scheme)) return scheme;
  if (Object.hasOwn(leftToRclone, scheme)) {
    throw new TasticError("unsupported", `unable to open repository: "${scheme}:" is not supported`, {
      guidance: `Let rclone do it: set up a remote of its kind "${leftToRclone[scheme]}", and use rclone:REMOTE:PATH.`,
    });
  }
  throw fatal(
    "parsing repository location failed: invalid backend\n" +
      "If the repository is in a local directory, you need to add a `local:` prefix",
  );
}

/**
 * Opens the storage at a location; whether a repository is there is another matter. Errors: those of `schemeOf`,
 * `invalid-argument` for what the location, flags and variables say.
 */
export async function openStorage(context: Context, location: string): Promise<Storage> {
  const { globals, environment, output } = context;
  const extended = parseExtendedOptions(globals.option);
  const scheme = schemes[schemeOf(location)]!;
  const { openStore } = await scheme.load();
  try {
    const store = openStore({
      location,
      extended,
      variables: environment.resticNames,
      tls: {
        caCertificates: readPem(globals.cacert, "unable to read root certificate: "),
        clientCertificate: readPem(globals.tlsClientCert, "ReadFile: "),
        insecure: globals.insecureTls,
      },
      userAgent: globals.httpUserAgent === "" ? undefined : globals.httpUserAgent,
      onLine: (line) => output.error(line),
    });
    return interruptible(withLayers(store, context, scheme.remote), context.signal);
  } catch (error) {
    if (isTextError(error) || !isTasticError(error)) throw error;
    const { message } = error;
    const where = `unable to open repository at ${maskLocation(location)}: `;
    throw fatal(message.startsWith("option ") ? message : `${where}${message}`, {
      code: error.code,
      guidance: error.guidance,
      cause: error,
    });
  }
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
