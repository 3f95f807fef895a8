/**
 * What a name and a password become: the secret that logs in at the marketplace, one for each backup server, made of it,
 * and the password of the repositories, which no server ever sees. None leads back to what it was made of: scrypt
 * (RFC 7914) makes guessing slow, HKDF (RFC 5869) takes them apart.
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

/**
 * With what a 3Bot logs in at one backup server. Whoever sees it there can use it neither at the other server nor at the
 * marketplace, where both copies could be destroyed with it.
 * @param server the marketplace's id of it; not given for accounts of before each server had a secret of its own
 */
export function serverSecret(loginSecret: string, account: string, server: string | undefined): string {
  if (server === undefined) return loginSecret;
  const salt = `3bot-backup/1/${account}`;
  return Buffer.from(hkdfSync("sha256", loginSecret, salt, `server/${server}`, secretBytes)).toString(
    "base64url",
  );
}

/** Those of a 3Bot from before the two were taken apart: its password was both. */
export function sharedCredentials(password: string): Credentials {
  return { loginSecret: password, repositoryPassword: password };
}
