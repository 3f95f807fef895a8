/**
 * The library's way to any store by its location, with what a repository wants between itself and a store, from the store
 * up: the watchdog, the limits, the number of requests at once, and trying again. Limits stand above the watchdog, since who
 * is held back is not stuck; and who waits for the next attempt keeps no slot.
 */
import { TasticError } from "@tastic/errors";
import {
  createConcurrencyStorage,
  createLimitStorage,
  createRetryStorage,
  createWatchdogStorage,
} from "@tastic/storage";
import type { RetryNotice, Storage } from "@tastic/storage";
import { isAbsolute } from "node:path";
import { interruptible } from "./interruptible-storage.js";
import { leftToRclone, schemes } from "./schemes.js";

/** How a store is reached. Nothing has to be given. */
export interface StorageOptions {
  /** Where AWS_…, RESTIC_REST_USERNAME, HTTPS_PROXY and the like are looked up; `process.env` if not given. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** What `-o` says on the command line, by name: `{ "s3.region": "eu-central-1" }`. See `tastic options`. */
  readonly options?: Readonly<Record<string, string>>;
  /** Certificates of authorities to trust in place of the system's, in PEM. */
  readonly caCertificates?: string | undefined;
  /** The client's certificate and its key, in PEM, one after the other. */
  readonly clientCertificate?: string | undefined;
  /** Take any certificate of a server. Off by default. */
  readonly insecureTls?: boolean;
  /** What to call ourselves in HTTP requests. */
  readonly userAgent?: string | undefined;
  /** Bytes a second; as much as there is by default. */
  readonly uploadLimit?: number | undefined;
  /** Bytes a second; as much as there is by default. */
  readonly downloadLimit?: number | undefined;
  /** Milliseconds after which a request that does not move is given up and tried again; 0 for never, 5 minutes by default. */
  readonly stuckAfterMs?: number;
  /**
   * Aborting ends all reading from the store with the error `cancelled`, also in calls that take no signal themselves, such
   * as `Repository.open` and `listSnapshots`. What changes the store goes on, since it is also what clears up.
   */
  readonly signal?: AbortSignal;
  /** Is told of requests that failed and are tried again. */
  readonly onRetry?: (notice: RetryNotice) => void;
  /** Gets each line that a program between us and the store (ssh, rclone) prints on its standard error. */
  readonly onLine?: (line: string) => void;
}

const defaultStuckAfter = 5 * 60_000;

/**
 * The scheme of a location; `local` for a path.
 * @throws TasticError invalid-argument for one that nobody knows, unsupported for one that is left to rclone
 */
export function schemeOf(location: string): string {
  const [, scheme = ""] = /^([^:/\\]*):/s.exec(location) ?? [];
  if (scheme === "" || isAbsolute(location)) return "local";
  if (Object.hasOwn(schemes, scheme)) return scheme;
  if (Object.hasOwn(leftToRclone, scheme)) {
    throw new TasticError("unsupported", `unable to open repository: "${scheme}:" is not supported`, {
      guidance: `Let rclone do it: set up a remote of its kind "${leftToRclone[scheme]}", and use rclone:REMOTE:PATH.`,
    });
  }
  throw new TasticError(
    "invalid-argument",
    "parsing repository location failed: invalid backend\n" +
      "If the repository is in a local directory, you need to add a `local:` prefix",
  );
}

/**
 * Opens the store at a location, as `--repo` takes it: "/srv/backup", "s3:https://host/bucket/prefix",
 * "rest:https://user:password@host/path/", "sftp:user@host:/path", "rclone:remote:path". Requests that fail in a way that
 * may pass are tried again, for up to 15 minutes. Whether a repository is there is another matter; but for rclone and ssh,
 * nothing is connected to yet. Close the storage when it is not needed any more.
 *
 * @throws TasticError invalid-argument for a location, variables or options that make no sense; unsupported for a scheme
 * that is left to rclone
 */
export async function openStorage(location: string, options: StorageOptions = {}): Promise<Storage> {
  const scheme = schemes[schemeOf(location)]!;
  const { openStore } = await scheme.load();
  const store = openStore({
    location,
    extended: options.options ?? {},
    variables: options.variables ?? process.env,
    tls: {
      caCertificates: options.caCertificates,
      clientCertificate: options.clientCertificate,
      insecure: options.insecureTls ?? false,
    },
    userAgent: options.userAgent,
    onLine: options.onLine ?? (() => undefined),
  });
  const storage = withLayers(store, options, scheme.remote);
  return options.signal === undefined ? storage : interruptible(storage, options.signal);
}

function withLayers(store: Storage, options: StorageOptions, remote: boolean): Storage {
  const { uploadLimit: upload, downloadLimit: download, stuckAfterMs = defaultStuckAfter, onRetry } = options;
  let storage = store;
  if (remote && stuckAfterMs > 0) storage = createWatchdogStorage(storage, { timeout: stuckAfterMs });
  if (upload !== undefined || download !== undefined) {
    storage = createLimitStorage(storage, { upload, download });
  }
  if (remote) storage = createConcurrencyStorage(storage);
  return createRetryStorage(storage, { ...(onRetry && { onNotice: onRetry }) });
}
