/**
 * Who may look: whoever has the password; without one, only programs of this machine, and pages of no other site in its
 * browsers. A page can have the name of its own host lead to 127.0.0.1 and then read what is there as its own, which is
 * why a server on loopback answers only to names of loopback.
 */
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import {
  BasicAuthentication,
  clientAddress,
  HtpasswdFile,
  LoginThrottle,
  noAuthentication,
  Passwords,
  refusal,
} from "@tastic/rest-server";
import type { Authenticator, Credential, Log } from "@tastic/rest-server";
import { storageError } from "@tastic/storage";
import { isLoopback } from "../loopback.js";
import { fatal } from "../text-error.js";
import type { BrowseValues } from "./flags.js";

export interface Access {
  /** Throws a refusal unless the request may be answered. */
  check(request: IncomingMessage): Promise<void>;
  close(): Promise<void>;
}

/** @throws TasticError invalid-argument where others could look and no password is asked for; those of the files */
export async function createAccess(flags: BrowseValues, log: Log): Promise<Access> {
  const passwords = new Passwords();
  const authenticator = await authenticatorOf(flags, passwords, log);
  if (authenticator === undefined && !isLoopback(flags.listen)) {
    throw fatal(`to listen on ${flags.listen}, where others can look, a password is needed`, {
      guidance: "Give --user-password-file or --htpasswd-file, or listen on 127.0.0.1, [::1] or unix:/path.",
    });
  }
  const isOwnHost = isLoopback(flags.listen) ? ownHosts(flags) : () => true;
  return {
    async check(request) {
      if (!isOwnHost(request.headers.host ?? "") || isOfOtherSite(request))
        throw refusal(403, "access-denied", "nothing here has this name", { text: "Forbidden" });
      await (authenticator ?? noAuthentication).identify(request);
    },
    close: () => passwords.close(),
  };
}

async function authenticatorOf(
  { user, userPasswordFile, htpasswdFile }: BrowseValues,
  passwords: Passwords,
  log: Log,
): Promise<Authenticator | undefined> {
  if (userPasswordFile === "" && htpasswdFile === "") return undefined;
  const htpasswd = htpasswdFile === "" ? undefined : new HtpasswdFile(htpasswdFile, { log });
  const own = userPasswordFile === "" ? undefined : await passwords.hash(readPassword(userPasswordFile));
  const find = (name: string): Credential | undefined => {
    const hash = own !== undefined && name === user ? own : htpasswd?.get(name);
    return hash === undefined ? undefined : { hash, identity: { account: name }, suspended: false };
  };
  return new BasicAuthentication({
    find: (name) => Promise.resolve(find(name)),
    passwords,
    throttle: new LoginThrottle(),
    addressOf: clientAddress(new Set()),
    failed: (name, address) => log.warn("login failed", { name, address }),
  });
}

function readPassword(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw storageError(error, "read", path);
  }
}

function ownHosts({ listen, serverName }: BrowseValues): (host: string) => boolean {
  // No page reaches a Unix socket.
  if (listen.startsWith("unix:")) return () => true;
  const names = new Set(serverName.map((name) => name.toLowerCase()));
  return (host) => {
    const name = host.toLowerCase().replace(/:\d+$/, "");
    return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(name) || names.has(name);
  };
}

/** Does a page of another site ask, other than by leading its reader here? A browser says so; programs say nothing. */
function isOfOtherSite({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  return (
    site !== undefined &&
    site !== "same-origin" &&
    site !== "none" &&
    headers["sec-fetch-mode"] !== "navigate"
  );
}
