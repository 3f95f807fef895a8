/**
 * What a name and a password become: the secret that logs in at the marketplace and at its backup servers, and the
 * password of the repositories, which no server ever sees. Neither leads to the other or back to the password: scrypt
 * (RFC 7914) makes guessing slow, HKDF (RFC 5869) takes the two apart.
 */
import { hkdfSync, scrypt } from "node:crypto";
import type { ThreebotName } from "./names.js";

export interface Credentials {
  /** 43 characters of base64url: 256 bits. */
  readonly loginSecret: string;
  /** 43 characters of base64url: 256 bits. */
  readonly repositoryPassword: string;
}

/** 128 MiB and about half a second: a guess costs an attacker as much. */
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 160 * 2 ** 20 };
const secretBytes = 32;

export async function deriveCredentials(name: ThreebotName, password: string): Promise<Credentials> {
  const salt = `3bot-backup/1/${name}`;
  const root = await new Promise<Buffer>((resolve, reject) => {
    // The same password typed on another system may come in another form of Unicode.
    scrypt(password.normalize("NFKC"), salt, secretBytes, cost, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
  const part = (use: string): string =>
    Buffer.from(hkdfSync("sha256", root, salt, use, secretBytes)).toString("base64url");
  const credentials = { loginSecret: part("login"), repositoryPassword: part("repository") };
  root.fill(0);
  return credentials;
}

/** Those of a 3Bot from before the two were taken apart: its password was both. */
export function sharedCredentials(password: string): Credentials {
  return { loginSecret: password, repositoryPassword: password };
}
