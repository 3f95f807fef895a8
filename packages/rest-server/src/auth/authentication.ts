/** The ways in which a server can find out who is asking, made from what its operator has said. */
import type { IncomingMessage } from "node:http";
import type { Accounts } from "../accounts/accounts.js";
import type { Log } from "../operations/log.js";
import { BasicAuthentication, type Credential } from "./basic-authentication.js";
import type { HtpasswdFile } from "./htpasswd.js";
import { noAuthentication, proxyAuthentication, type Authenticator } from "./identity.js";
import type { LoginThrottle } from "./login-throttle.js";
import type { Passwords } from "./passwords.js";
import { refusal } from "../http/refusal.js";

export type Authentication =
  /** Everybody may do everything. */
  | { readonly kind: "none" }
  /** Names and passwords, of accounts and, if given, of an htpasswd file. */
  | { readonly kind: "basic"; readonly htpasswd?: HtpasswdFile | undefined }
  /** A proxy in front has checked, and says who it is in this header. */
  | { readonly kind: "proxy"; readonly header: string };

export interface AuthenticatorParts {
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  readonly throttle: LoginThrottle;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly log: Log;
}

export function createAuthenticator(
  authentication: Authentication,
  parts: AuthenticatorParts,
): Authenticator {
  const { accounts, passwords, throttle, addressOf, log } = parts;
  if (authentication.kind === "none") return noAuthentication;
  if (authentication.kind === "proxy") {
    return proxyAuthentication(authentication.header, async (name) => {
      const account = await accounts.find(name);
      if (account?.suspended) throw refusal(403, "access-denied", `the account ${name} is suspended`);
      return account?.removed ? undefined : account?.identity;
    });
  }
  return new BasicAuthentication({
    passwords,
    throttle,
    addressOf,
    find: (name) => findCredential(name, accounts, authentication.htpasswd),
    failed: (name, address) => log.warn("login failed", { name, address }),
  });
}

/** Accounts come first. A name that was one may be in the file again: then it is the operator who let it in. */
async function findCredential(
  name: string,
  accounts: Accounts,
  htpasswd: HtpasswdFile | undefined,
): Promise<Credential | undefined> {
  const account = await accounts.find(name);
  if (account !== undefined && !account.removed) return account;
  const hash = htpasswd?.get(name);
  if (hash === undefined || hash === account?.hash) return undefined;
  return { hash, identity: { account: name }, suspended: false };
}
