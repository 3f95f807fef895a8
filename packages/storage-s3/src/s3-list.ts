/** Listing what a bucket has below a prefix: page by page to the end, or an error. */
import type { S3Client } from "@aws-sdk/client-s3";
import type { Sdk } from "./connection.js";

export interface ListedObject {
  readonly key: string;
  readonly size: number;
}

export interface Page {
  readonly objects: readonly ListedObject[];
  /** Where the next page begins, or undefined after the last one. */
  readonly next: string | undefined;
}

export interface PageRequest {
  readonly bucket: string;
  readonly prefix: string;
  /** `next` of the page before. */
  readonly from: string | undefined;
  readonly version1: boolean;
  readonly maximum?: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** An answer to a listing that cannot be the whole truth. */
export class ListingError extends Error {}

/** One page. Throws the library's errors, and `ListingError`. */
export async function loadPage(client: S3Client, sdk: Sdk, request: PageRequest): Promise<Page> {
  const { bucket: Bucket, prefix: Prefix, from, version1, maximum: MaxKeys, signal } = request;
  const input = { Bucket, Prefix, MaxKeys };
  const options = { abortSignal: signal };
  if (version1) {
    const answer = await client.send(new sdk.ListObjectsCommand({ ...input, Marker: from }), options);
    const objects = objectsOf(answer.Contents);
    // Without a delimiter, servers may leave out where to go on: it is after the last key.
    const next = answer.NextMarker ?? objects.at(-1)?.key;
    return { objects, next: pageAfter(from, answer.IsTruncated, next) };
  }
  const answer = await client.send(
    new sdk.ListObjectsV2Command({ ...input, ContinuationToken: from }),
    options,
  );
  const next = pageAfter(from, answer.IsTruncated, answer.NextContinuationToken);
  return { objects: objectsOf(answer.Contents), next };
}

function pageAfter(from: string | undefined, truncated: boolean | undefined, next: string | undefined) {
  if (truncated === undefined) throw new ListingError("the server does not say whether there is more");
  if (!truncated) return undefined;
  if (next === undefined || next === from) {
    throw new ListingError("the server says that there is more, but not where it goes on");
  }
  return next;
}

function objectsOf(
  contents: readonly { readonly Key?: string | undefined; readonly Size?: number | undefined }[] = [],
): ListedObject[] {
  return contents.map(({ Key: key, Size: size }) => {
    if (key === undefined || size === undefined) throw new ListingError("an object lacks its key or size");
    return { key, size };
  });
}
