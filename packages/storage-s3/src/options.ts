/** All that can be said about an S3 storage, as types. `environment.ts` makes them from a user's settings. */
import type { LookupFunction } from "node:net";
import type { ProxySettings } from "@tastic/storage";
import type { S3Location } from "./location.js";

export interface S3StorageOptions {
  readonly location: S3Location;
  readonly credentials: S3Credentials;
  /**
   * The region to sign for. If not given: that of the host's name, or us-east-1, and then whichever the server says
   * that the bucket is in.
   */
  readonly region?: string | undefined;
  /**
   * Is the bucket named in the path of a request or in its host name? `auto`, if not given: in the host name at
   * Amazon, else in the path.
   */
  readonly bucketLookup?: BucketLookup | undefined;
  /** How many requests run at once; 5 if not given. */
  readonly connections?: number | undefined;
  /**
   * The storage class of new objects, such as STANDARD_IA; the bucket's own if not given. The archives, from which
   * nothing is read at once (GLACIER, DEEP_ARCHIVE), are for packs of file contents only: the rest stays readable.
   */
  readonly storageClass?: string | undefined;
  /** List with the first version of the call, for servers that lack the second. */
  readonly listObjectsV1?: boolean | undefined;
  readonly tls?: S3TlsOptions | undefined;
  /** Through which proxy; none if not given. */
  readonly proxy?: ProxySettings | undefined;
  /** How names become addresses, for callers who refuse some; the system's own way if not given. */
  readonly lookup?: LookupFunction | undefined;
  /** The User-Agent of requests, in place of the library's. */
  readonly userAgent?: string | undefined;
}

export type BucketLookup = "auto" | "dns" | "path";

export interface S3TlsOptions {
  /** Certificates in PEM to trust, in place of those that Node trusts. */
  readonly certificateAuthorities?: string | undefined;
  /** A certificate and its private key in PEM, one after the other, to show to the server. */
  readonly clientCertificate?: string | undefined;
  /** Trust whatever certificate the server shows. */
  readonly insecure?: boolean | undefined;
}

/** Who we are. */
export type S3Credentials = S3Keys | S3CredentialChain | S3Anonymous;

export interface S3Keys {
  readonly kind: "keys";
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly role?: S3Role | undefined;
}

/** Nobody: for buckets that are open to all. */
export interface S3Anonymous {
  readonly kind: "anonymous";
}

/**
 * Whatever is found first: the profile in Amazon's credentials file, the alias in the MinIO client's file, the token of
 * a container or cluster, the role of the machine at Amazon.
 */
export interface S3CredentialChain {
  readonly kind: "chain";
  /** Where AWS_PROFILE, AWS_SHARED_CREDENTIALS_FILE, HOME and the like are looked up. */
  readonly environment: S3Environment;
  readonly role?: S3Role | undefined;
}

export type S3Environment = Readonly<Record<string, string | undefined>>;

/** A role to take on with the credentials, at Amazon's security token service or one that speaks like it. */
export interface S3Role {
  readonly arn: string;
  readonly sessionName?: string | undefined;
  readonly externalId?: string | undefined;
  readonly policy?: string | undefined;
  readonly region?: string | undefined;
  /** The URL of the service; Amazon's in the region if not given. */
  readonly endpoint?: string | undefined;
}
