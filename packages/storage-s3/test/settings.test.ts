/** What restic's users set, as options; and where keys are found. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isTasticError, type ErrorCode } from "@tastic/errors";
import { s3OptionsFrom, type S3Environment } from "@tastic/storage-s3";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/peers.js";
import { writeFiles } from "../../../test/support/trees.js";
import { failure, fileFor } from "../../storage/test/conformance.js";
import { s3Server, storageAt } from "./s3-server.js";

const key = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };
const pack = fileFor("pack", sampleBytes(10));

describe("settings", () => {
  it("of restic's are all known", () => {
    const options = s3OptionsFrom({
      environment: { ...key, AWS_SESSION_TOKEN: "token", AWS_DEFAULT_REGION: "from-environment" },
      extended: {
        "s3.bucket-lookup": "DNS",
        "s3.connections": "17",
        "s3.list-objects-v1": "T",
        "s3.region": "eu-west-1",
        "s3.storage-class": "STANDARD_IA",
        "s3.retries": "3",
        "s3.layout": "default",
        "s3.enable-restore": "false",
        "rest.connections": "2",
      },
    });
    expect(options).toMatchObject({
      bucketLookup: "dns",
      connections: 17,
      listObjectsV1: true,
      region: "eu-west-1",
      storageClass: "STANDARD_IA",
      credentials: { kind: "keys", accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" },
    });
  });

  it("may be left out", () => {
    const { credentials, ...rest } = s3OptionsFrom({ environment: {} });
    expect(credentials.kind).toBe("chain");
    expect(Object.values(rest).filter((value) => value !== undefined)).toEqual([]);
    const { region } = s3OptionsFrom({ environment: { ...key, AWS_DEFAULT_REGION: "nl-ams" } });
    expect(region).toBe("nl-ams");
  });

  it.each<[Readonly<Record<string, string>>, ErrorCode, RegExp]>([
    [{ "s3.foo": "1" }, "invalid-argument", /option s3\.foo is not known/],
    [{ "s3.connections": "0" }, "invalid-argument", /no number of connections/],
    [{ "s3.connections": "-1" }, "invalid-argument", /no number of connections/],
    [{ "s3.list-objects-v1": "maybe" }, "invalid-argument", /neither true nor false/],
    [{ "s3.bucket-lookup": "x" }, "invalid-argument", /bad bucket-lookup style "x"/],
    [{ "s3.layout": "s3legacy" }, "unsupported", /default layout/],
    [{ "s3.enable-restore": "true" }, "unsupported", /archives/],
  ])("are not %j", (extended, code, words) => {
    const error = thrown(() => s3OptionsFrom({ environment: key, extended }));
    if (!isTasticError(error, code)) throw new Error(`expected ${code}`, { cause: error });
    expect(error.message).toMatch(words);
  });

  it.each<[S3Environment, string | undefined]>([
    [{ ...key, MINIO_ROOT_USER: "root", MINIO_ROOT_PASSWORD: "x" }, "id"],
    [
      { AWS_ACCESS_KEY: "old", AWS_SECRET_KEY: "x", MINIO_ROOT_USER: "root", MINIO_ROOT_PASSWORD: "x" },
      "old",
    ],
    [
      { MINIO_ROOT_USER: "root", MINIO_ROOT_PASSWORD: "x", MINIO_ACCESS_KEY: "m", MINIO_SECRET_KEY: "x" },
      "root",
    ],
    [{ MINIO_ACCESS_KEY: "m", MINIO_SECRET_KEY: "x", AWS_ACCESS_KEY_ID: "" }, "m"],
    [{ MINIO_ACCESS_KEY: "m" }, undefined],
  ])("name the key in restic's order: %j", (environment, id) => {
    const { credentials } = s3OptionsFrom({ environment });
    expect(credentials.kind === "keys" ? credentials.accessKeyId : undefined).toBe(id);
  });

  it.each([
    [{ AWS_ACCESS_KEY_ID: "id" }, "$AWS_ACCESS_KEY_ID is set but $AWS_SECRET_ACCESS_KEY is empty"],
    [
      { AWS_SECRET_ACCESS_KEY: "canary-secret" },
      "$AWS_SECRET_ACCESS_KEY is set but $AWS_ACCESS_KEY_ID is empty",
    ],
  ])("are not half a key", (environment, words) => {
    const error = thrown(() => s3OptionsFrom({ environment }));
    if (!isTasticError(error, "invalid-argument")) throw new Error("expected an error", { cause: error });
    expect(error.message).toContain(words);
    expect(error.message).not.toContain("canary-secret");
    const extended = { "s3.unsafe-anonymous-auth": "true" };
    expect(s3OptionsFrom({ environment, extended }).credentials).toEqual({ kind: "anonymous" });
  });
});

describe("keys that are not in the environment", () => {
  /** Which key a request was signed with. */
  async function keyUsed(environment: S3Environment): Promise<string | undefined> {
    const server = await s3Server((_, response) => response.end("content"));
    const options = s3OptionsFrom({ environment: { AWS_EC2_METADATA_DISABLED: "true", ...environment } });
    await storageAt(server.endpoint, options).load(pack);
    const [request] = server.requests;
    return /Credential=(\w+)\//.exec(request?.headers.authorization ?? "")?.[1];
  }

  const profiles =
    "[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = s\n" +
    "[work]\naws_access_key_id = WORK\naws_secret_access_key = s\n";
  const aliases = JSON.stringify({ version: "10", aliases: { s3: { accessKey: "MC", secretKey: "s" } } });

  it("are those of a profile", async () => {
    const home = await temporaryFolder();
    await mkdir(join(home, ".aws"));
    await writeFiles(home, {
      ".aws/credentials": profiles,
      elsewhere: profiles.replace("DEFAULT", "ELSEWHERE"),
    });
    expect(await keyUsed({ HOME: home })).toBe("DEFAULT");
    expect(await keyUsed({ HOME: home, AWS_PROFILE: "work" })).toBe("WORK");
    expect(await keyUsed({ AWS_SHARED_CREDENTIALS_FILE: join(home, "elsewhere") })).toBe("ELSEWHERE");
  });

  it("are those of MinIO's client", async () => {
    const home = await temporaryFolder();
    await mkdir(join(home, ".mc"));
    await writeFiles(home, { ".mc/config.json": aliases, broken: "canary-secret" });
    expect(await keyUsed({ HOME: home })).toBe("MC");
    const broken = { HOME: home, MINIO_SHARED_CREDENTIALS_FILE: join(home, "broken") };
    const error = await failure(keyUsed(broken), "invalid-argument");
    expect(error.message).not.toContain("canary-secret");
  });

  it("are those of a container", async () => {
    const tokens: unknown[] = [];
    const container = await s3Server(({ headers }, response) => {
      tokens.push(headers.authorization);
      response.setHeader("Content-Type", "application/json");
      const expiration = new Date(Date.now() + 3_600_000).toISOString();
      response.end(
        JSON.stringify({ AccessKeyId: "BOX", SecretAccessKey: "s", Token: "t", Expiration: expiration }),
      );
    });
    const environment = {
      HOME: await temporaryFolder(),
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${container.endpoint}/keys`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "may I",
    };
    expect(await keyUsed(environment)).toBe("BOX");
    expect(tokens).toEqual(["may I"]);
  });

  it("are those of a role that the keys take on", async () => {
    const asked: string[] = [];
    const service = await s3Server(({ body, headers }, response) => {
      asked.push(Buffer.from(body).toString(), headers.authorization ?? "");
      const expiration = new Date(Date.now() + 3_600_000).toISOString();
      response.setHeader("Content-Type", "text/xml");
      response.end(
        `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>` +
          `<AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>` +
          `<Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      );
    });
    const role = {
      RESTIC_AWS_ASSUME_ROLE_ARN: "arn:aws:iam::123456789012:role/backup",
      RESTIC_AWS_ASSUME_ROLE_EXTERNAL_ID: "external",
      RESTIC_AWS_ASSUME_ROLE_STS_ENDPOINT: `http://${service.endpoint}`,
    };
    expect(await keyUsed({ ...key, ...role })).toBe("ROLE");
    expect(asked).toHaveLength(2);
    expect(asked[0]).toContain("role%2Fbackup");
    expect(asked[0]).toContain("ExternalId=external");
    expect(asked[1]).toContain("Credential=id/");
  });

  it("are nowhere", async () => {
    const error = await failure(keyUsed({ HOME: await temporaryFolder() }), "access-denied");
    expect(error.message).toContain("no credentials for S3 were found");
    expect(error.guidance).toContain("s3.unsafe-anonymous-auth=true");
  });
});

function thrown(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
