/** Keys from the file of MinIO's client `mc`, which restic also looks into. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode, TasticError } from "@tastic/errors";
import type { S3Environment } from "./options.js";

/** The keys of the alias MINIO_ALIAS ("s3" if not set), or undefined where there is no such file or alias. */
export async function keysOfMinioClient(environment: S3Environment, home: string) {
  const path = environment["MINIO_SHARED_CREDENTIALS_FILE"] || join(home, ".mc", "config.json");
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (systemErrorCode(error) !== undefined) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const alias = environment["MINIO_ALIAS"] || "s3";
  const file = parse(path, text);
  // Version 10 of the file calls "aliases" what older ones call "hosts".
  const entry = field(field(file, "aliases"), alias) ?? field(field(file, "hosts"), alias);
  const accessKeyId = field(entry, "accessKey");
  const secretAccessKey = field(entry, "secretKey");
  if (typeof accessKeyId !== "string" || typeof secretAccessKey !== "string") return undefined;
  if (accessKeyId === "" || secretAccessKey === "") return undefined;
  return { accessKeyId, secretAccessKey };
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // What the parser says would quote the file, which holds secrets.
    throw new TasticError("invalid-argument", `${path} is not JSON`, {
      guidance: "Correct the file, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    });
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value as unknown;
}
