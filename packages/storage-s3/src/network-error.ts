/** Why there was no answer at all, in plain words. */
import { systemErrorCode } from "@tastic/errors";
import type { ErrorKind } from "./error-kinds.js";

const certificate =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/;

/**
 * The kind of an error of the network, or undefined for what is none. Nothing there, no such host: before the server
 * `answered` for the first time that is most likely the location's fault and will not pass (`invalid-argument`);
 * afterwards it will.
 */
export function networkKind(error: unknown, endpoint: string, answered: boolean): ErrorKind | undefined {
  const code = systemErrorCode(error);
  if (code === undefined) return undefined;
  const atFirst = answered ? "storage-failed" : "invalid-argument";
  if (certificate.test(code)) {
    return {
      code: "invalid-argument",
      reason: `the certificate of ${endpoint} is not trusted (${code})`,
      guidance:
        "If the server is the right one, pass the certificate of its authority (--cacert), or correct the host.",
    };
  }
  if (code === "EPROTO" || code.startsWith("ERR_SSL_") || code.startsWith("HPE_")) {
    return {
      code: "invalid-argument",
      reason: `${endpoint} does not speak as expected (${code})`,
      guidance:
        "Check the port, whether the server wants HTTPS or HTTP (s3:http://…), and the client certificate.",
    };
  }
  switch (code) {
    case "ENOTFOUND":
      return {
        code: atFirst,
        reason: `there is no host named ${endpoint}`,
        guidance: "Check the host in the location, and the network.",
      };
    case "ECONNREFUSED":
      return {
        code: atFirst,
        reason: `nothing listens at ${endpoint} (connection refused)`,
        guidance: "Check host and port in the location, and that the server runs.",
      };
    case "EAI_AGAIN":
      return {
        code: "storage-failed",
        reason: `the address of ${endpoint} cannot be looked up at the moment`,
        guidance: "Check the network, and run again.",
      };
    default:
      return {
        code: "storage-failed",
        reason: `the connection to ${endpoint} failed (${code})`,
        guidance: "Check the network, and run again.",
      };
  }
}
