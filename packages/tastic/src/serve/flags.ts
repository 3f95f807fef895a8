/** The flags of `serve rest`: rest-server's, with its meanings, and below them those that it does not have. */
import { TasticError } from "@tastic/errors";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { choice, integer, list, on, parsed, size, text } from "../flags.js";
import type { FlagValues } from "../flags.js";

const accountActions = [
  "",
  "list",
  "show",
  "create",
  "password",
  "policy",
  "suspend",
  "resume",
  "remove",
] as const;

export const serveFlags = {
  appendOnly: on("refuse to delete anything but locks"),
  cpuProfile: text("file", "write a profile of the processor's time to this file"),
  debug: on("tell of every request that is refused"),
  groupAccessibleRepos: on("let the group read and write what is stored"),
  htpasswdFile: text("file", 'names and passwords (default: ".htpasswd" in the data directory)'),
  listen: text("address", "listen on host:port, :port or unix:/path", { initial: ":8000" }),
  log: text("file", 'write requests to this file in the combined log format; "-" is standard output'),
  maxSize: integer("bytes", "the most that may be stored altogether"),
  noAuth: on("let everybody in"),
  noVerifyUpload: on("do not hold uploads against their names; only for very slow machines"),
  path: text("directory", "where the repositories are", { initial: join(tmpdir(), "restic") }),
  privateRepos: on("accounts reach only repositories below their own name"),
  prometheus: on("offer metrics for Prometheus at /metrics"),
  prometheusNoAuth: on("offer them to everybody"),
  proxyAuthUsername: text("header", "a proxy has checked who it is, and names the account in this header"),
  tls: on("speak TLS"),
  tlsCert: text("file", 'the certificate (default: "public_key" in the data directory)'),
  tlsKey: text("file", 'its key (default: "private_key" in the data directory)'),
  tlsMinVer: choice("version", "the least version of TLS, 1.2 or 1.3", ["1.2", "1.3"], "1.2", "TLS version"),

  account: choice(
    "action",
    "manage an account in place of serving: list, show, create, password, policy, suspend, resume or remove NAME",
    accountActions,
    "",
    "action",
    { shown: accountActions.slice(1).join("|") },
  ),
  accountPasswordFile: text("file", "with --account: read the account's password from this file"),
  quota: size("size", "the most that an account may store, such as 50G; with --account that account's own"),
  repositoryQuota: size("size", "the most that a repository may hold"),
  diskReserve: size(
    "size",
    "keep so much of the disk free, such as 5G: uploads that would leave less are refused",
  ),
  trashDays: parsed<number | undefined>(
    "days",
    "keep what clients delete for so many days, 0 for not at all (default 14); with --account that account's own",
    undefined,
    readDays,
  ),
  undelete: on("list what clients have deleted, in place of serving, of the repositories named"),
  restore: on("with --undelete: bring it back"),
  replace: on("with --undelete --restore --since: put a config back in place of one that has come since"),
  since: parsed<number | undefined>(
    "time",
    "with --undelete: only what was deleted since then",
    undefined,
    readTime,
  ),
  deletedBy: text("name", "with --undelete: only what this account deleted"),
  scrub: on("verify all that is stored, in place of serving"),
  scrubRate: size("bytes", "verify all that is stored, again and again, so much in a second, such as 10M"),
  operatorListen: text(
    "address",
    "offer the operator's API here; without a token only on loopback or unix:/path",
  ),
  operatorTokenFile: text("file", "the token that the operator's API asks for"),
  trustedProxy: list("address", "believe this proxy about where requests come from (may be repeated)"),
  grace: integer("seconds", "let running requests finish for so long when stopped", 30),
  logFormat: choice("format", "how to tell what happens, text or json", ["text", "json"], "text", "format"),
};

export type ServeValues = FlagValues<typeof serveFlags>;

function readDays(given: string): number {
  const days = Number(given);
  if (given.trim() !== "" && days >= 0 && days <= 36_500) return days;
  throw new TasticError("invalid-argument", "it has to be a number from 0 to 36500");
}

function readTime(given: string): number {
  const time = Date.parse(given);
  if (!Number.isNaN(time)) return time;
  throw new TasticError("invalid-argument", "it has to be a time, such as 2026-01-31T12:00:00Z");
}
