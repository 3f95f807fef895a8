/**
 * The name of a 3Bot. It has one form, in which it is the login at the backup servers, the first folder of its
 * repositories and the salt of its secrets; nothing in it is folded away, so that no two names are ever the same one.
 */
import { TasticError } from "@tastic/errors";

declare const brand: unique symbol;

/** A name that `parseName` has let through. */
export type ThreebotName = string & { readonly [brand]: "ThreebotName" };

/** Two or more characters; no sign at either end and no two together. */
const grammar = /^[a-z0-9](?:[a-z0-9]|[._-](?=[a-z0-9]))+$/;
const maximumLength = 50;
/** Folders and pages of the servers that a name would be mistaken for. */
const reserved = new Set([
  ...["data", "index", "keys", "locks", "snapshots", "config"],
  ...["metrics", "health", "ready", "api", "admin", "backup", "marketplace", "deployer"],
]);

/**
 * What a person types as a name: spaces around it and capitals do not matter, everything else does.
 * @throws TasticError invalid-argument
 */
export function parseName(typed: string): ThreebotName {
  const name = typed.trim().toLowerCase();
  if (name.length <= maximumLength && grammar.test(name) && !reserved.has(name)) return name as ThreebotName;
  throw new TasticError("invalid-argument", `no 3Bot can have the name "${name.slice(0, 80)}"`, {
    guidance: `A name has 2 to ${maximumLength} of a-z and 0-9, with single . _ - between them, and is no word of the service's own.`,
  });
}
