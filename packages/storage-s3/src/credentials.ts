/** Credentials in the form that Amazon's library takes, found in restic's order where they are to be found. */
import { homedir } from "node:os";
import { join } from "node:path";
import { TasticError } from "@tastic/errors";
import { keysOfMinioClient } from "./minio-client-file.js";
import type { S3Credentials, S3Environment, S3Role } from "./options.js";

/** What the library asks for before it signs. */
export interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

type Provider = () => Promise<Identity>;

/** Gives the keys each time they are needed; those of a role change. Nothing is looked for until it is called. */
export function identityProvider(credentials: S3Credentials): Provider {
  if (credentials.kind === "anonymous") return async () => ({ accessKeyId: "", secretAccessKey: "" });
  if (credentials.kind === "chain") return withRole(chain(credentials.environment), credentials.role);
  const { accessKeyId, secretAccessKey, sessionToken, role } = credentials;
  return withRole(async () => ({ accessKeyId, secretAccessKey, sessionToken }), role);
}

/** Takes on the role, if there is one. */
function withRole(keys: Provider, role: S3Role | undefined): Provider {
  if (role === undefined) return keys;
  return lazily(async () => {
    const { fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
    const { arn, sessionName, externalId, policy, region = "us-east-1", endpoint } = role;
    return fromTemporaryCredentials({
      masterCredentials: keys,
      params: {
        RoleArn: arn,
        RoleSessionName: sessionName ?? `tastic-${Date.now()}`,
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
        ...(policy === undefined ? {} : { Policy: policy }),
      },
      clientConfig: { region, maxAttempts: 1, ...(endpoint === undefined ? {} : { endpoint }) },
    });
  });
}

function chain(environment: S3Environment): Provider {
  return lazily(async () => {
    const providers = await import("@aws-sdk/credential-providers");
    const variable = (name: string) => environment[name] || undefined;
    const home = variable("HOME") ?? variable("USERPROFILE") ?? homedir();
    const tokenFile = variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    const relativeUri = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const fullUri = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const links: Provider[] = [
      providers.fromIni({
        profile: variable("AWS_PROFILE") ?? "default",
        filepath: variable("AWS_SHARED_CREDENTIALS_FILE") ?? join(home, ".aws", "credentials"),
        configFilepath: variable("AWS_CONFIG_FILE") ?? join(home, ".aws", "config"),
      }),
    ];
    const minio = await keysOfMinioClient(environment, home);
    if (minio !== undefined) links.push(async () => minio);
    if (tokenFile !== undefined) {
      links.push(
        providers.fromTokenFile({
          webIdentityTokenFile: tokenFile,
          ...optional("roleArn", variable("AWS_ROLE_ARN")),
          ...optional("roleSessionName", variable("AWS_ROLE_SESSION_NAME")),
        }),
      );
    }
    if (relativeUri !== undefined || fullUri !== undefined) {
      links.push(
        providers.fromHttp({
          ...optional("awsContainerCredentialsRelativeUri", relativeUri),
          ...optional("awsContainerCredentialsFullUri", fullUri),
          ...optional("awsContainerAuthorizationToken", variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")),
          ...optional(
            "awsContainerAuthorizationTokenFile",
            variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
          ),
        }),
      );
    } else if (variable("AWS_EC2_METADATA_DISABLED") !== "true") {
      links.push(providers.fromInstanceMetadata({ timeout: 1000, maxRetries: 0 }));
    }
    return firstOf(links);
  });
}

/** The first that has keys. One that has wrong ones, such as an unknown profile, does not end the search either. */
function firstOf(links: readonly Provider[]): Provider {
  return async () => {
    const reasons: unknown[] = [];
    for (const link of links) {
      try {
        return await link();
      } catch (error) {
        reasons.push(error);
      }
    }
    throw new TasticError("access-denied", "no credentials for S3 were found", {
      guidance:
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile of the credentials file; " +
        "for a bucket that is open to all, use -o s3.unsafe-anonymous-auth=true.",
      cause: new AggregateError(reasons, "where they were looked for"),
    });
  };
}

/** A provider that is made when it is first called. */
function lazily(make: () => Promise<Provider>): Provider {
  let made: Promise<Provider> | undefined;
  return async () => {
    made ??= make();
    return (await made)();
  };
}

function optional<K extends string>(name: K, value: string | undefined): { readonly [P in K]?: string } {
  // The assertion says what a computed name hides from the compiler.
  return (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: string };
}
