/**
 * The settings of an S3 storage as restic's users give them: variables of the environment, and extended options
 * (`-o s3.region=…`; "Amazon S3" in restic's manual, and what `restic options` lists).
 */
import { TasticError } from "@tastic/errors";
import { proxySettingsFrom } from "@tastic/storage";
import { extendedS3Options } from "./extended-options.js";
import type { S3Credentials, S3Environment, S3Role, S3StorageOptions } from "./options.js";

export interface S3Settings {
  readonly environment: S3Environment;
  /** Extended options by their whole names, such as "s3.region". Those of other storages are passed over. */
  readonly extended?: Readonly<Record<string, string>> | undefined;
}

/**
 * What the settings say; where the repository is and how TLS is checked, they do not.
 * @throws TasticError invalid-argument for values that make no sense, and where only one half of a key is given
 */
export function s3OptionsFrom({
  environment,
  extended = {},
}: S3Settings): Omit<S3StorageOptions, "location"> {
  const { unsafeAnonymousAuth, ...options } = extendedS3Options(extended);
  const region = options.region ?? given(environment["AWS_DEFAULT_REGION"]);
  const credentials: S3Credentials = unsafeAnonymousAuth
    ? { kind: "anonymous" }
    : credentialsFrom(environment, region);
  return { ...options, region, credentials, proxy: proxySettingsFrom(environment) };
}

/** The first keys that the environment has, in restic's order; else the chain of what is not in it. */
function credentialsFrom(environment: S3Environment, region: string | undefined): S3Credentials {
  const role = roleFrom(environment, region);
  const aws = keysFrom(environment, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
  if (aws.missing !== undefined) {
    throw new TasticError(
      "invalid-argument",
      `no credentials found. $${aws.there} is set but $${aws.missing} is empty`,
      { guidance: "Set both, or neither to use a credentials file." },
    );
  }
  const sessionToken = given(environment["AWS_SESSION_TOKEN"]);
  const oldAws = keysFrom(environment, "AWS_ACCESS_KEY", "AWS_SECRET_KEY");
  const root = keysFrom(environment, "MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD");
  const user = keysFrom(environment, "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY");
  if (aws.keys !== undefined) return { kind: "keys", ...aws.keys, sessionToken, role };
  if (oldAws.keys !== undefined) return { kind: "keys", ...oldAws.keys, sessionToken, role };
  const minio = root.keys ?? user.keys;
  if (minio !== undefined) return { kind: "keys", ...minio, role };
  return { kind: "chain", environment, role };
}

/** A key of two variables, or which of them is there and which is missing. */
function keysFrom(environment: S3Environment, idName: string, secretName: string) {
  const accessKeyId = given(environment[idName]);
  const secretAccessKey = given(environment[secretName]);
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { keys: { accessKeyId, secretAccessKey } };
  }
  if (accessKeyId !== undefined) return { there: idName, missing: secretName };
  if (secretAccessKey !== undefined) return { there: secretName, missing: idName };
  return {};
}

function roleFrom(environment: S3Environment, region: string | undefined): S3Role | undefined {
  const value = (name: string) => given(environment[`RESTIC_AWS_ASSUME_ROLE_${name}`]);
  const arn = value("ARN");
  if (arn === undefined) return undefined;
  return {
    arn,
    sessionName: value("SESSION_NAME"),
    externalId: value("EXTERNAL_ID"),
    policy: value("POLICY"),
    region: value("REGION") ?? region,
    endpoint: value("STS_ENDPOINT"),
  };
}

/** A variable that is set to nothing counts as not set. */
function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
