/**
 * What went wrong between us and a REST server, as errors of tastic. The code says whether trying again can help: only
 * `storage-failed` may pass.
 */
import { type ErrorCode, isTasticError, messageOf, systemErrorCode, TasticError } from "@tastic/errors";
import { headerOf, type Answer, type Head } from "./transport.js";

/** What was tried, for messages: "save", "pack 3f0a1b2c… in rest:…", and the error's `data`. */
export interface Attempt {
  readonly action: string;
  readonly object: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Kind {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly guidance: string;
}

const passing = "If it does not pass, look at the server and at what is between here and there.";

const byStatus: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [
    401,
    {
      code: "access-denied",
      reason: "the server does not accept the user name and password",
      guidance:
        "Check them, in the URL or in RESTIC_REST_USERNAME and RESTIC_REST_PASSWORD, and that they are of this path.",
    },
  ],
  [
    403,
    {
      code: "access-denied",
      reason: "the server refuses it",
      guidance:
        "A server that only takes new objects (append-only) removes and replaces none. Otherwise this user may not do it.",
    },
  ],
  [
    404,
    {
      code: "not-found",
      reason: "it does not exist",
      guidance: "Check the location of the repository.",
    },
  ],
  [
    413,
    {
      code: "invalid-argument",
      reason: "the server takes nothing of this size",
      guidance:
        "Choose a smaller pack size, or raise the limit of the server or of the proxy in front of it.",
    },
  ],
  [
    416,
    {
      code: "invalid-format",
      reason: "it is shorter than the range asked for",
      guidance: "The object is damaged, or what refers to it is; check the repository.",
    },
  ],
  [
    507,
    {
      code: "no-space",
      reason: "the server has no room left, or a quota is used up",
      guidance: "Make room there and run again; what is stored already is kept and not sent again.",
    },
  ],
  ...[405, 501, 505].map((status): [number, Kind] => [
    status,
    {
      code: "unsupported",
      reason: "the server does not know this request",
      guidance: "Check that the URL is that of a restic REST server.",
    },
  ]),
]);

const redirected: Kind = {
  code: "invalid-argument",
  reason: "the server says that it is elsewhere",
  guidance: "Give the URL to which it leads; it is not followed, since that would take the password along.",
};

/** The error for an answer that is no success. */
export function statusError(answer: Answer, attempt: Attempt): TasticError {
  const redirect = answer.status >= 300 && answer.status < 400 ? redirected : undefined;
  const kind = byStatus.get(answer.status) ?? redirect;
  const retryAfterMs = retryAfter(answer);
  const said = wordsOf(answer);
  const reason = kind?.reason ?? "the server failed";
  const { code = "storage-failed", guidance = passing } = kind ?? {};
  return new TasticError(code, `${start(attempt)}: ${reason} (HTTP status ${answer.status}${said})`, {
    guidance,
    data: {
      ...attempt.data,
      status: answer.status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  });
}

const certificateCodes = new Map([
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "is signed by nobody who is trusted here"],
  ["UNABLE_TO_GET_ISSUER_CERT", "is signed by nobody who is trusted here"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "is signed by nobody who is trusted here"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "is signed by nobody who is trusted here"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "is signed by itself"],
  ["CERT_HAS_EXPIRED", "has expired"],
  ["CERT_NOT_YET_VALID", "is not valid yet"],
  ["CERT_REVOKED", "was revoked"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "is not for this host"],
]);

const reasons = new Map([
  ["ECONNREFUSED", "nothing listens there"],
  ["ENOTFOUND", "there is no host of this name"],
  ["EAI_AGAIN", "the host's name cannot be looked up now"],
  ["ENOENT", "there is no such socket"],
  ["EACCES", "this user may not use the socket"],
  ["ETIMEDOUT", "the server does not answer"],
  ["ECONNRESET", "the connection broke"],
  ["EPIPE", "the connection broke"],
]);

/** The error for an exchange that broke. Errors of tastic stay as they are. */
export function exchangeError(error: unknown, attempt: Attempt): TasticError {
  if (isTasticError(error)) return error;
  const code = systemErrorCode(error) ?? "";
  const details = { data: { ...attempt.data, ...(code === "" ? {} : { systemCode: code }) }, cause: error };
  const fault = certificateCodes.get(code);
  if (fault !== undefined) {
    return new TasticError("access-denied", `${start(attempt)}: the server's certificate ${fault}`, {
      ...details,
      guidance: "Name the authority's certificate with --cacert, or look at who is answering there.",
    });
  }
  if (/^ERR_SSL_.*ALERT/.test(code)) {
    return new TasticError("access-denied", `${start(attempt)}: the server ended the handshake (${code})`, {
      ...details,
      guidance: "It probably asks for a client certificate: name one with --tls-client-cert.",
    });
  }
  if (/^(ERR_SSL_WRONG_VERSION_NUMBER|EPROTO)$/.test(code)) {
    return new TasticError("invalid-argument", `${start(attempt)}: the server does not speak TLS`, {
      ...details,
      guidance: "Check the port, and whether the URL should begin with http:.",
    });
  }
  const reason = reasons.get(code);
  const text = reason === undefined ? messageOf(error) : `${reason} (${code})`;
  return new TasticError("storage-failed", `${start(attempt)}: ${text}`, { ...details, guidance: passing });
}

// Errors from before anything reached the server.
const unconnected = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENOENT", "ETIMEDOUT", "EHOSTUNREACH"];

/** Could the server have done what it was asked although the exchange failed? */
export function mayHaveHappened(error: TasticError): boolean {
  const { status, systemCode } = error.data;
  if (status !== undefined) return status === 403;
  return error.code === "storage-failed" && !unconnected.includes(String(systemCode));
}

function start({ action, object }: Attempt): string {
  return `cannot ${action} ${object}`;
}

/** What the server wants to have waited, in milliseconds: Retry-After in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfter(head: Head): number | undefined {
  if (![429, 503].includes(head.status)) return undefined;
  const value = headerOf(head, "retry-after")?.trim() ?? "";
  if (/^[0-9]{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** The first line of what the server says, unless it is a page for browsers. */
function wordsOf(answer: Answer): string {
  if (headerOf(answer, "content-type")?.includes("html") === true) return "";
  const [line = ""] = Buffer.from(answer.body).toString("utf8").trim().split("\n");
  const text = line.replace(/\p{C}/gu, "").trim().slice(0, 200);
  return text === "" ? "" : `: ${text}`;
}
