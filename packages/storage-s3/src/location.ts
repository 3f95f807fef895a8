/**
 * Where an S3 repository is, in the forms that restic takes after `--repo` ("Amazon S3", "Minio Server" and
 * "S3-compatible Storage" in its manual): server, bucket, and a prefix within the bucket.
 */
import { posix } from "node:path";
import { TasticError } from "@tastic/errors";

export interface S3Location {
  /** Host, with a port where it is not the usual one: "s3.amazonaws.com", "127.0.0.1:9000". */
  readonly endpoint: string;
  readonly useHttps: boolean;
  readonly bucket: string;
  /** Where in the bucket the repository is, without a slash at the end; "" for the whole bucket. */
  readonly prefix: string;
}

/**
 * Reads `s3:host/bucket/prefix`, `s3://host/bucket/prefix` and `s3:http(s)://host:port/bucket/prefix`. Only a URL with
 * `http://` goes without TLS.
 *
 * @throws TasticError invalid-argument, without repeating what could be a password
 */
export function parseS3Location(text: string): S3Location {
  if (!text.startsWith("s3:")) throw invalid("it does not begin with s3:");
  const rest = text.slice("s3:".length);
  const [, scheme] = /^(https?):\/\//.exec(rest) ?? [];
  const address = scheme === undefined ? rest.replace(/^\/\//, "") : rest.slice(`${scheme}://`.length);
  const [endpoint = "", ...path] = address.split("/");
  if (endpoint.includes("@")) {
    throw new TasticError("invalid-argument", "the S3 location contains a user name or password", {
      guidance: "Take it out, and pass the keys as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    });
  }
  // Only URLs are escaped; restic takes the other forms literally.
  const [bucket = "", ...parts] = scheme === undefined ? path : path.map(unescape);
  // In restic's words, which programs may know.
  if (scheme === undefined && endpoint === "") throw incomplete();
  checkEndpoint(endpoint);
  checkBucket(bucket);
  return { endpoint, useHttps: scheme !== "http", bucket, prefix: cleanPrefix(parts.join("/")) };
}

const GUIDANCE = "Write s3:host/bucket/prefix or s3:http://host:port/bucket/prefix.";

/** The location for people and for `parseS3Location`. */
export function formatS3Location({ endpoint, useHttps, bucket, prefix }: S3Location): string {
  return `s3:${useHttps ? "" : "http://"}${endpoint}/${bucket}${prefix === "" ? "" : `/${prefix}`}`;
}

function unescape(part: string): string {
  if (/[?#]/.test(part)) throw invalid("a question mark or a number sign in it has to be escaped");
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw invalid("a percent sign in it is not followed by two hexadecimal digits", cause);
  }
}

function checkEndpoint(endpoint: string): void {
  if (endpoint === "") throw invalid("it has no host");
  const fine = URL.canParse(`https://${endpoint}`) && !/[\s?#\\]/.test(endpoint);
  // What follows a colon could be the beginning of a password with a slash in it.
  if (!fine) throw invalid(`"${endpoint.split(":", 1)[0]?.slice(0, 80)}" is no host, or its port is none`);
}

/** What every S3 server allows at most; older ones also take upper-case letters and underscores. */
function checkBucket(bucket: string): void {
  if (bucket === "") throw invalid("it has no bucket");
  const fine = /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(bucket) && !/\.\.|\.-|-\./.test(bucket);
  if (!fine) {
    throw invalid(
      `no bucket can be named "${bucket.slice(0, 80)}": 3 to 63 letters, digits, hyphens and dots`,
    );
  }
}

/** As restic cleans it: no empty or "." parts, no slash at the end; one at the beginning stays. */
function cleanPrefix(prefix: string): string {
  const clean = posix.normalize(prefix).replace(/\/$/, "");
  if (clean.split("/").includes("..")) throw invalid("its prefix leaves the bucket");
  return clean === "." ? "" : clean;
}

function incomplete(): TasticError {
  return new TasticError("invalid-argument", "s3: invalid format, host/region or bucket name not found", {
    guidance: GUIDANCE,
  });
}

function invalid(reason: string, cause?: unknown): TasticError {
  return new TasticError("invalid-argument", `this is no S3 location: ${reason}`, {
    guidance: GUIDANCE,
    cause,
  });
}
