/**
 * restic's feature flags, which RESTIC_FEATURES turns on and off: "name=true,other=false".
 */
import { TasticError } from "@tastic/errors";
import { plain } from "./text-error.js";
import { readBoolean } from "./flags.js";

export interface Feature {
  readonly name: string;
  /** "alpha" is off and "beta" on unless it is said; "stable" is always on. */
  readonly type: "alpha" | "beta" | "stable";
  readonly description: string;
}

export const features: readonly Feature[] = [
  {
    name: "backend-error-redesign",
    type: "beta",
    description:
      "requests that hang are tried again, and errors of stores tell what may pass from what will not",
  },
  {
    name: "deprecate-legacy-index",
    type: "stable",
    description: "index files as restic 0.1.0 wrote them are not read",
  },
  {
    name: "deprecate-s3-legacy-layout",
    type: "stable",
    description: "the layout that restic used in S3 up to 0.7.0 is not read",
  },
  {
    name: "device-id-for-hardlinks",
    type: "alpha",
    description:
      "backups note devices of hard links only (accepted; tastic notes them always, as restic usually does)",
  },
  {
    name: "explicit-s3-anonymous-auth",
    type: "stable",
    description: "S3 without credentials only with -o s3.unsafe-anonymous-auth=true",
  },
  {
    name: "s3-restore",
    type: "alpha",
    description: "objects of S3 are brought back from cold storage with -o s3.enable-restore=true",
  },
  {
    name: "safe-forget-keep-tags",
    type: "stable",
    description: "forget --keep-tag removes nothing if no snapshot has the tag",
  },
];

/**
 * Reads what RESTIC_FEATURES says.
 * @param onNotice is told of flags that can no longer be set
 * @throws TasticError invalid-argument
 */
export function checkFeatures(given: string, onNotice: (text: string) => void): void {
  for (const setting of given.split(",")) {
    const at = setting.indexOf("=");
    const name = at === -1 ? setting : setting.slice(0, at);
    const feature = features.find((one) => one.name === name);
    if (feature === undefined) throw plain(`unknown feature flag ${JSON.stringify(name)}`);
    checkValue(name, at === -1 ? "true" : setting.slice(at + 1));
    if (feature.type !== "stable") continue;
    onNotice(
      `feature flag ${JSON.stringify(name)} is always enabled and will be removed in a future release`,
    );
  }
}

function checkValue(name: string, value: string): void {
  try {
    readBoolean(value);
  } catch (error) {
    if (!(error instanceof TasticError)) throw error;
    throw plain(`failed to parse value ${JSON.stringify(value)} for feature flag ${name}: ${error.message}`);
  }
}
