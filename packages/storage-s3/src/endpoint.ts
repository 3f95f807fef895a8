/** Which server a request goes to, and how its bucket is named there. */
import type { S3Location } from "./location.js";
import type { BucketLookup } from "./options.js";

/** Amazon's hosts: s3.amazonaws.com, and s3.REGION.amazonaws.com with variants. */
const amazonHost = /^s3(?:[.-](?:dualstack[.-])?([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(\.cn)?$/;

/** The region that the name of the host states, or undefined. */
export function regionOfHost({ endpoint }: S3Location): string | undefined {
  return amazonHost.exec(endpoint)?.[1];
}

/** The URL of the server. Amazon has one for each region; everyone else's serves all. */
export function endpointUrl({ endpoint, useHttps }: S3Location, region: string): string {
  const amazon = amazonHost.exec(endpoint);
  const named = amazon?.[1];
  let host = endpoint;
  if (amazon !== null) {
    host =
      named === undefined ? `s3.${region}.amazonaws.com${amazon[2] ?? ""}` : endpoint.replace(named, region);
  }
  return `${useHttps ? "https" : "http"}://${host}`;
}

/**
 * Is the bucket named in the path rather than in the name of the host? Over TLS a bucket with a dot cannot be in the
 * host's name, since no certificate covers it.
 */
export function usesPathStyle(location: S3Location, lookup: BucketLookup): boolean {
  if (lookup !== "auto") return lookup === "path";
  if (!amazonHost.test(location.endpoint)) return true;
  const dnsName = /^[a-z0-9.-]+$/.test(location.bucket);
  return !dnsName || (location.useHttps && location.bucket.includes("."));
}
