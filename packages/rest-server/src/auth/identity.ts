/** Who is asking: what every way of logging in comes to. */
import type { IncomingMessage } from "node:http";
import { refusal } from "../http/refusal.js";

export interface Identity {
  /** "" where nobody logs in. */
  readonly account: string;
  /** What the account has of its own; what is undefined is as the server has it. */
  readonly appendOnly?: boolean | undefined;
  readonly trashDays?: number | undefined;
  readonly quota?: number | undefined;
}

export interface Authenticator {
  /** Throws a refusal: 401, 403 for a suspended account, 429 where there were too many wrong passwords. */
  identify(request: IncomingMessage): Promise<Identity>;
}

/** rest-server's rule, in which a name is one folder of a URL. */
const namePattern = /^[\p{L}\d@._-]+$/u;

/** Can a login have this name? */
export function isLoginName(name: string): boolean {
  return namePattern.test(name) && name !== "." && name !== "..";
}

/** One answer for every way in which logging in can fail, so that nobody learns which it was. */
export function unauthorized(): Error {
  return refusal(401, "access-denied", "unauthorized", {
    headers: { "www-authenticate": 'Basic realm="restic", charset="UTF-8"' },
  });
}

const nobody: Identity = { account: "" };

export const noAuthentication: Authenticator = {
  identify: () => Promise.resolve(nobody),
};

/** A proxy in front has checked who it is, and says so in a header that it lets nobody else set. */
export function proxyAuthentication(
  header: string,
  find: (name: string) => Promise<Identity | undefined>,
): Authenticator {
  return {
    async identify(request) {
      const name = request.headers[header.toLowerCase()];
      if (typeof name !== "string" || !isLoginName(name)) throw unauthorized();
      return (await find(name)) ?? { account: name };
    },
  };
}
