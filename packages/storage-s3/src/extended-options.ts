/** Restic's extended options of S3 storages (`restic options`), read from text. */
import { TasticError } from "@tastic/errors";
import type { BucketLookup, S3StorageOptions } from "./options.js";

export type ExtendedS3Options = Pick<
  S3StorageOptions,
  "bucketLookup" | "connections" | "listObjectsV1" | "region" | "storageClass"
> & { readonly unsafeAnonymousAuth: boolean };

const lookups: readonly BucketLookup[] = ["auto", "dns", "path"];

/** Known to restic, without an effect here: how often is tried again is not the storage's business. */
const withoutEffect = ["s3.retries", "s3.restore-days", "s3.restore-timeout", "s3.restore-tier"];

/** @throws TasticError invalid-argument, unsupported */
export function extendedS3Options(extended: Readonly<Record<string, string>>): ExtendedS3Options {
  const found: { -readonly [K in keyof ExtendedS3Options]: ExtendedS3Options[K] } = {
    unsafeAnonymousAuth: false,
  };
  for (const [name, value] of Object.entries(extended)) {
    if (!name.startsWith("s3.")) continue;
    switch (name) {
      case "s3.bucket-lookup":
        found.bucketLookup = bucketLookup(value);
        break;
      case "s3.connections":
        found.connections = connections(value);
        break;
      case "s3.list-objects-v1":
        found.listObjectsV1 = boolean(name, value);
        break;
      case "s3.unsafe-anonymous-auth":
        found.unsafeAnonymousAuth = boolean(name, value);
        break;
      case "s3.region":
        if (value !== "") found.region = value;
        break;
      case "s3.storage-class":
        if (value !== "") found.storageClass = value;
        break;
      case "s3.layout":
        if (value !== "" && value !== "default") {
          throw unsupported(`${name}=${value}: only restic's default layout is read and written`);
        }
        break;
      case "s3.enable-restore":
        if (boolean(name, value)) throw unsupported(`${name}: objects are not brought back from archives`);
        break;
      default:
        if (!withoutEffect.includes(name)) throw invalid(`option ${name} is not known`);
    }
  }
  return found;
}

function bucketLookup(value: string): BucketLookup {
  const known = lookups.find((lookup) => lookup === value.toLowerCase());
  if (known !== undefined) return known;
  if (value === "") return "auto";
  throw invalid(`bad bucket-lookup style "${value}" must be "auto", "path" or "dns"`);
}

function connections(value: string): number {
  const count = /^[0-9]{1,6}$/.test(value) ? Number(value) : 0;
  if (count > 0) return count;
  throw invalid(`s3.connections: "${value}" is no number of connections`);
}

/** Go's spellings of true and false, which restic takes. */
function boolean(name: string, value: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw invalid(`${name}: "${value}" is neither true nor false`);
}

function invalid(message: string): TasticError {
  return new TasticError("invalid-argument", message, { guidance: "Correct the option (-o)." });
}

function unsupported(message: string): TasticError {
  return new TasticError("unsupported", message, { guidance: "Leave the option (-o) out." });
}
