/**
 * Where a repository is, as `--repo` and RESTIC_REPOSITORY say it.
 */
import { TasticError } from "@tastic/errors";
import type { Storage } from "@tastic/storage";
import { createLocalStorage } from "@tastic/storage";
import { isAbsolute } from "node:path";
import { fatal } from "./text-error.js";

/** Kinds of storage that restic knows, and we do not yet. */
const OTHER_SCHEMES = ["azure", "b2", "gs", "rclone", "rest", "s3", "sftp", "swift"];

/**
 * The folder of a local repository.
 * @throws TasticError invalid-argument for a kind that nobody knows, unsupported for one that we do not know
 */
export function parseLocation(location: string): { readonly kind: "local"; readonly path: string } {
  const [, scheme = "", rest = ""] = /^([^:/\\]*):(.*)$/s.exec(location) ?? [];
  if (scheme === "" || isAbsolute(location)) return { kind: "local", path: location };
  if (scheme === "local") return { kind: "local", path: rest };
  if (OTHER_SCHEMES.includes(scheme)) {
    throw new TasticError(
      "unsupported",
      `unable to open repository at ${maskLocation(location)}: "${scheme}:" is not supported`,
      {
        guidance:
          "Use a local folder; restic itself can copy a repository between the two with its `copy` command.",
      },
    );
  }
  throw fatal(
    "parsing repository location failed: invalid backend\n" +
      "If the repository is in a local directory, you need to add a `local:` prefix",
  );
}

/** Opens the storage at a location; whether a repository is there is another matter. Errors: those of `parseLocation`. */
export function openStorage(location: string): Storage {
  return createLocalStorage(parseLocation(location).path);
}

/** A location as it may be shown: without the password of its URL. */
export function maskLocation(location: string): string {
  return location.replace(/(:\/\/[^/@:]*):[^/@]*@/, "$1:***@");
}
