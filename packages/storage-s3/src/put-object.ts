/** Storing an object with its hashes, in one request (PutObject of Amazon's documentation). */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import type { OperationOptions } from "@tastic/storage";
import type { Sdk } from "./connection.js";
import { bodyOf } from "./request-body.js";

/** What is known before the first request, and the same for all. */
export interface ObjectToPut {
  readonly bucket: string;
  readonly key: string;
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
  readonly md5: string;
  /** The hash that is signed, or the words that say that none is. */
  readonly signed: string;
  readonly storageClass: string | undefined;
}

/**
 * Hashes the content. As in restic, what TLS protects is not signed once more ("Signature Version 4" in Amazon's
 * documentation).
 */
export function objectToPut(
  object: Pick<ObjectToPut, "bucket" | "key" | "pieces" | "storageClass">,
  overTls: boolean,
): ObjectToPut {
  const { pieces } = object;
  return {
    ...object,
    length: pieces.reduce((sum, piece) => sum + piece.length, 0),
    md5: digestOf("md5", pieces).toString("base64"),
    signed: overTls ? "UNSIGNED-PAYLOAD" : digestOf("sha256", pieces).toString("hex"),
  };
}

/** @param condition under which it is stored; none if not given */
export async function putObject(
  client: S3Client,
  sdk: Sdk,
  object: ObjectToPut,
  { signal, traffic }: OperationOptions,
  condition: { readonly IfNoneMatch?: "*" },
): Promise<void> {
  const { bucket, key, pieces, length, md5, signed, storageClass } = object;
  const body = await bodyOf(pieces, length, traffic);
  const command = new sdk.PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: body,
    ContentLength: length,
    ContentMD5: md5,
    ContentType: "application/octet-stream",
    StorageClass: storageClass as "STANDARD" | undefined,
    ...condition,
  });
  // The library does not hash a stream, and hashes other bodies by its own means.
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { readonly headers: Record<string, string> };
      request.headers["x-amz-content-sha256"] = signed;
      return next(args);
    },
    { step: "build", name: "tasticContentHash" },
  );
  try {
    await client.send(command, { abortSignal: signal });
  } finally {
    if (body instanceof Readable) body.destroy();
  }
}

function digestOf(algorithm: "md5" | "sha256", pieces: readonly Uint8Array[]): Buffer {
  const hash = createHash(algorithm);
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}
