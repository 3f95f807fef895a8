/** A storage on a REST server, from what the user says of it. */
import type { LookupFunction } from "node:net";
import { TasticError } from "@tastic/errors";
import type { ProxySettings, Storage } from "@tastic/storage";
import { HttpTransport } from "./http-transport.js";
import type { RestCredentials, RestLocation } from "./rest-location.js";
import { RestStorage } from "./rest-storage.js";

export interface RestStorageOptions {
  readonly location: RestLocation;
  /** For a location that names nobody itself. */
  readonly credentials?: RestCredentials | undefined;
  /** How many requests at once make sense; 5 if not given, as in restic. Those for locks come on top. */
  readonly connections?: number | undefined;
  /** Certificates of authorities in PEM, in place of those that Node trusts. */
  readonly caCertificates?: string | undefined;
  /** The client's certificate and its private key in PEM, one after the other, as restic's --tls-client-cert has them. */
  readonly clientCertificate?: string | undefined;
  /** Accept any certificate. */
  readonly insecureTls?: boolean | undefined;
  readonly userAgent?: string | undefined;
  /** Through which proxy; none if not given. */
  readonly proxy?: ProxySettings | undefined;
  /** How names become addresses, for callers who refuse some; the system's own way if not given. */
  readonly lookup?: LookupFunction | undefined;
}

/** The storage; nothing is connected to until an operation is called. Errors: `invalid-argument` for PEM that is none. */
export function createRestStorage(options: RestStorageOptions): Storage {
  const { location, connections = 5, clientCertificate } = options;
  checkPem("the authorities' certificates", options.caCertificates, ["CERTIFICATE"]);
  checkPem("the client's certificate", clientCertificate, ["CERTIFICATE", "PRIVATE KEY"]);
  const credentials = location.credentials ?? options.credentials;
  const transport = new HttpTransport({
    ...location,
    headers: {
      "accept-encoding": "identity",
      "user-agent": options.userAgent ?? "tastic",
      ...(credentials === undefined ? {} : { authorization: basic(credentials) }),
    },
    ca: options.caCertificates,
    certificate: clientCertificate,
    key: clientCertificate,
    insecureTls: options.insecureTls,
    proxy: options.proxy,
    lookup: options.lookup,
  });
  return new RestStorage(location.shown, connections, transport);
}

/** RFC 7617, in UTF-8. */
function basic({ username, password }: RestCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

function checkPem(what: string, text: string | undefined, parts: readonly string[]): void {
  if (text === undefined) return;
  const missing = parts.find((part) => !new RegExp(`-----BEGIN ([A-Z0-9]+ )*${part}-----`).test(text));
  if (missing === undefined) return;
  throw new TasticError("invalid-argument", `${what}: there is no ${missing} in PEM`, {
    guidance: "Give a file with lines -----BEGIN …-----; certificate and key of a client are in one file.",
  });
}
