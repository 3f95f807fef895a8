/** What is kept of an account, and which names an account can have. */
import { TasticError } from "@tastic/errors";
import { isFolderName } from "../http/request-path.js";

/** What an account may do beyond what the server says; what is undefined is as the server has it. */
export interface AccountPolicy {
  /** In bytes. */
  readonly quota?: number | undefined;
  readonly appendOnly?: boolean | undefined;
  /** So many days what it deletes can be brought back. */
  readonly trashDays?: number | undefined;
}

/** An account as others see it: without its password. */
export interface Account extends AccountPolicy {
  readonly name: string;
  readonly state: "active" | "suspended";
  /** Times in RFC 3339. */
  readonly created: string;
  readonly changed: string;
}

/** As it is stored. A removed account is kept, so that its name is not found in an old htpasswd file again. */
export interface AccountRecord extends AccountPolicy {
  readonly name: string;
  readonly state: "active" | "suspended" | "removed";
  /** bcrypt, as in htpasswd. */
  readonly password: string;
  readonly created: string;
  readonly changed: string;
}

const grammar = /^[a-z0-9][a-z0-9._@-]{0,62}$/;
/** What is, or might be, something else in a URL. */
const reserved = new Set(["health", "ready"]);

/**
 * An account's name is the first folder of its URLs and a file's name on every system: lower case only, nothing that
 * one system takes for another name. Throws `invalid-argument`.
 */
export function checkAccountName(name: string): void {
  if (grammar.test(name) && !name.endsWith(".") && isFolderName(name) && !reserved.has(name)) return;
  throw new TasticError("invalid-argument", `no account can have the name "${name.slice(0, 80)}"`, {
    guidance: "A name has 1 to 63 of a-z, 0-9 and . _ @ -, and begins with a letter or digit.",
  });
}

export function checkPolicy({ quota, trashDays }: AccountPolicy): void {
  if (quota !== undefined && !(Number.isSafeInteger(quota) && quota >= 0)) {
    throw new TasticError("invalid-argument", "a quota is a number of bytes");
  }
  if (trashDays !== undefined && !(Number.isFinite(trashDays) && trashDays >= 0 && trashDays <= 36_500)) {
    throw new TasticError("invalid-argument", "the trash keeps objects for 0 to 36500 days");
  }
}

export function publicAccount(record: AccountRecord): Account | undefined {
  const { name, state, quota, appendOnly, trashDays, created, changed } = record;
  return state === "removed" ? undefined : { name, state, quota, appendOnly, trashDays, created, changed };
}

export function parseRecord(content: string): AccountRecord {
  const record = JSON.parse(content) as Partial<AccountRecord>;
  const { name, state, password } = record;
  const states: readonly unknown[] = ["active", "suspended", "removed"];
  if (typeof name === "string" && states.includes(state) && typeof password === "string")
    return record as AccountRecord;
  throw new TasticError("invalid-format", "an account's document is not what it has to be", {
    data: { name },
  });
}
