/** What is trusted and shown over TLS, in Node's words, and looked at before the first connection needs it. */
import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { messageOf, TasticError } from "@tastic/errors";
import type { S3TlsOptions } from "./options.js";

/** @throws TasticError invalid-argument for certificates or a key that cannot be read */
export function tlsSettings(
  tls: S3TlsOptions = {},
): SecureContextOptions & { readonly rejectUnauthorized: boolean } {
  const { certificateAuthorities: ca, clientCertificate: own, insecure = false } = tls;
  if (ca !== undefined) read("certificates to trust", () => checkCertificates(ca));
  if (own !== undefined) read("client certificate", () => createSecureContext({ cert: own, key: own }));
  return { ca, cert: own, key: own, rejectUnauthorized: !insecure };
}

/** Node passes over what is no certificate, and would then trust nobody. */
function checkCertificates(pem: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs);
  if (blocks === null) throw new Error("there is no certificate in it");
  for (const block of blocks) void new X509Certificate(block);
}

function read(what: string, work: () => unknown): void {
  try {
    work();
  } catch (cause) {
    throw new TasticError("invalid-argument", `the ${what} cannot be read: ${messageOf(cause)}`, {
      guidance: "Give a file in PEM format; a client certificate and its private key go into one.",
      cause,
    });
  }
}
