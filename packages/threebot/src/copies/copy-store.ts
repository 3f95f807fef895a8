/**
 * Where a copy is and how it is reached: a store with the layers that `tastic` stacks on one, from the store up the
 * watchdog, the number of requests at once, and trying again. Names and passwords belong to the requests, never to a URL.
 */
import {
  createConcurrencyStorage,
  createRetryStorage,
  createWatchdogStorage,
  type RetryNotice,
  type Storage,
} from "@tastic/storage";
import { createRestStorage, parseRestLocation } from "@tastic/storage-rest";
import { createS3Storage, parseS3Location, type S3Location } from "@tastic/storage-s3";
import { parseSafeUrl, safeLookup } from "./safe-url.js";

/** All that is needed to reach a copy. Holds secrets: never logged, never sent to anybody. */
export type CopyAccess = RestAccess | S3Access;

interface Access {
  /** "marketplace-1", "marketplace-2", "minio". */
  readonly id: string;
  /** Of the repository. */
  readonly password: string;
}

export interface RestAccess extends Access {
  readonly kind: "rest";
  /** Of the repository: "https://backup1.example/alice/". */
  readonly url: string;
  readonly account: string;
  /** The marketplace's id of the server. */
  readonly server?: string | undefined;
  /** Of this server. */
  readonly loginSecret: string;
}

export interface S3Access extends Access {
  readonly kind: "s3";
  /** Of the server. */
  readonly url: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface StoreOptions {
  /** Milliseconds for which requests that may pass are tried again; 0 for the first answer, whatever it is. */
  readonly retryForMs: number;
  /** Milliseconds after which a request that does not move is given up. */
  readonly stuckAfterMs?: number;
  readonly onNotice?: (notice: RetryNotice) => void;
}

const stuckAfter = 5 * 60_000;

/** Nothing is connected to before an operation is called. @throws TasticError invalid-argument, access-denied */
export function openStore(access: CopyAccess, { retryForMs, stuckAfterMs, onNotice }: StoreOptions): Storage {
  const store = createWatchdogStorage(rawStore(access), { timeout: stuckAfterMs ?? stuckAfter });
  const storage = createConcurrencyStorage(store);
  if (retryForMs === 0) return storage;
  return createRetryStorage(storage, { total: retryForMs, ...(onNotice && { onNotice }) });
}

function rawStore(access: CopyAccess): Storage {
  if (access.kind === "rest") {
    const url = parseSafeUrl(access.url, "the URL of a backup server");
    return createRestStorage({
      location: parseRestLocation(`rest:${url.href}`),
      credentials: { username: access.account, password: access.loginSecret },
      userAgent: "3bot-backup",
      lookup: safeLookup,
    });
  }
  return createS3Storage({
    location: s3LocationOf(access),
    credentials: { kind: "keys", accessKeyId: access.accessKey, secretAccessKey: access.secretKey },
    userAgent: "3bot-backup",
    lookup: safeLookup,
  });
}

/** @throws TasticError invalid-argument */
export function s3LocationOf(where: Pick<S3Access, "url" | "bucket" | "prefix">): S3Location {
  const url = parseSafeUrl(where.url, "the Minio URL");
  const escaped = where.prefix.split("/").map(encodeURIComponent).join("/");
  const path = [encodeURIComponent(where.bucket), ...(where.prefix === "" ? [] : [escaped])].join("/");
  return parseS3Location(`s3:${url.protocol}//${url.host}/${path}`);
}

/** A copy's URL as it may be shown. */
export function shownUrl(access: CopyAccess): string {
  if (access.kind === "rest") return access.url;
  const { url, bucket, prefix } = access;
  return `${url.replace(/\/+$/, "")}/${bucket}${prefix === "" ? "" : `/${prefix}`}`;
}
