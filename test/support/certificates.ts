/** Certificates for tests of TLS, made by the openssl program: an authority, and what it has signed. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findInPath } from "../../scripts/peers.mjs";
import { temporaryFolder } from "./folders.js";

/** PEM texts. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Certificates {
  readonly authority: Certificate;
  /** For 127.0.0.1 and localhost. */
  readonly server: Certificate;
  readonly client: Certificate;
}

/** Why none can be made here, or undefined where they can. */
export function whyNoCertificates(): string | undefined {
  return findInPath("openssl") === undefined ? "openssl is not in PATH" : undefined;
}

export async function makeCertificates(): Promise<Certificates> {
  const folder = await temporaryFolder();
  const path = (name: string) => join(folder, name);
  const make = async (name: string, extension: string, issuer?: string): Promise<Certificate> => {
    const subject = ["-subj", `/CN=tastic test ${name}`, "-days", "2"];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const out = ["-keyout", path(`${name}.key`), "-out", path(`${name}.pem`)];
    const extensions = ["-extensions", "x", "-config", path(`${name}.cnf`)];
    await writeFile(
      path(`${name}.cnf`),
      `[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = x\n[x]\n${extension}\n`,
    );
    const by = issuer === undefined ? [] : ["-CA", path(`${issuer}.pem`), "-CAkey", path(`${issuer}.key`)];
    await promisify(execFile)("openssl", ["req", "-x509", ...key, ...subject, ...extensions, ...by, ...out]);
    return {
      certificate: await readFile(path(`${name}.pem`), "utf8"),
      key: await readFile(path(`${name}.key`), "utf8"),
    };
  };
  const authority = await make("authority", "basicConstraints = critical, CA:true");
  return {
    authority,
    server: await make("server", "subjectAltName = DNS:localhost, IP:127.0.0.1", "authority"),
    client: await make("client", "extendedKeyUsage = clientAuth", "authority"),
  };
}
