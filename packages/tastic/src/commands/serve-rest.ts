/** `serve rest`: a server that speaks restic's REST protocol, with rest-server's flags, and what its operator needs. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createJsonLog, createRestServer, createTextLog, HtpasswdFile } from "@tastic/rest-server";
import type { Authentication, Log, RestServer, RestServerOptions } from "@tastic/rest-server";
import { defineCommand } from "../command.js";
import { setV8ForCommands } from "../v8-settings.js";
import { plain, usageError } from "../text-error.js";
import { serveFlags, type ServeValues } from "../serve/flags.js";
import { openPlace, type Place } from "../serve/place.js";

export const command = defineCommand({
  usage: "[flags]",
  description:
    "Serves repositories over HTTP to restic and tastic, from a folder that rest-server can serve as well. What clients " +
    "delete can be brought back for two weeks.",
  flags: serveFlags,
  async run(context, { flags, args }) {
    const alone = [flags.account !== "", flags.undelete, flags.scrub].filter(Boolean).length;
    if (alone > 1) throw usageError("--account, --undelete and --scrub exclude each other");
    if (alone === 0 && args.length > 0) {
      throw usageError(`serve rest expects no arguments - unknown argument: ${args[0]}`);
    }
    // The system's threads wait for the disk, one for each upload that is being made safe.
    process.env["UV_THREADPOOL_SIZE"] ??= "16";
    const write = (line: string): unknown => process.stderr.write(line);
    const least = flags.debug ? "debug" : "info";
    const log = flags.logFormat === "json" ? createJsonLog(write, least) : createTextLog(write, least);
    const place = await openPlace(context, flags);

    if (flags.account !== "") {
      const server = await makeServer(flags, place, { kind: "none" }, log);
      const { manageAccounts } = await import("../serve/accounts.js");
      return withServer(server, () => manageAccounts(context, flags, args, server));
    }
    if (flags.undelete) {
      const server = await makeServer(flags, place, { kind: "none" }, log);
      const { undelete } = await import("../serve/undelete.js");
      return withServer(server, () => undelete(context, flags, args, server));
    }
    if (flags.scrub) {
      const server = await makeServer(flags, place, { kind: "none" }, log);
      const { damaged } = await server.scrub.run(context.signal);
      if (damaged.length > 0)
        throw plain(`${damaged.length} damaged objects`, { code: "damaged-repository" });
      return;
    }

    log.info(`Data directory: ${flags.path}`);
    const authentication = await authenticationOf(flags, place, log);
    const server = await makeServer(flags, place, authentication, log);
    log.info(`Append only mode ${enabled(flags.appendOnly)}`);
    log.info(`Private repositories ${enabled(flags.privateRepos)}`);
    log.info(`Group accessible repos ${enabled(flags.groupAccessibleRepos)}`);
    const { serve } = await import("../serve/run.js");
    const endProfile =
      flags.cpuProfile === ""
        ? undefined
        : await (await import("../serve/profile.js")).profileTo(flags.cpuProfile);
    setV8ForCommands();
    await serve(server, flags, place.folder, log, context.signal);
    await endProfile?.();
  },
});

function makeServer(
  flags: ServeValues,
  { repositories, documents, audit, folder }: Place,
  authentication: Authentication,
  log: Log,
): Promise<RestServer> {
  // Accounts are written where an operator and rest-server look for them, but not to a file of somebody else's.
  const mirror = folder === undefined || flags.htpasswdFile !== "" ? undefined : join(folder, ".htpasswd");
  return createRestServer({
    repositories,
    documents,
    audit,
    authentication,
    mirror,
    privateRepositories: flags.privateRepos,
    policy: {
      appendOnly: flags.appendOnly,
      ...(flags.trashDays === undefined ? {} : { trashDays: flags.trashDays }),
      quota: flags.quota,
    },
    totalLimit: flags.maxSize > 0 ? flags.maxSize : undefined,
    repositoryLimit: flags.repositoryQuota,
    diskReserve: diskReserveOf(flags, folder),
    settings: { verifyUploads: !flags.noVerifyUpload },
    trustedProxies: flags.trustedProxy,
    prometheus: flags.prometheus ? { open: flags.prometheusNoAuth || flags.noAuth } : undefined,
    scrubRate: flags.scrubRate,
    accessLog: flags.log === "" ? undefined : flags.log,
    log,
  });
}

function diskReserveOf(
  { diskReserve: bytes }: ServeValues,
  folder: string | undefined,
): RestServerOptions["diskReserve"] {
  if (bytes === undefined) return undefined;
  if (folder === undefined)
    throw usageError("--disk-reserve is for repositories in a folder, not in a bucket");
  return { path: folder, bytes };
}

async function authenticationOf(flags: ServeValues, place: Place, log: Log): Promise<Authentication> {
  if (flags.noAuth) {
    log.info("Authentication disabled");
    return { kind: "none" };
  }
  if (flags.proxyAuthUsername !== "") {
    log.info("Proxy Authentication enabled.");
    return { kind: "proxy", header: flags.proxyAuthUsername };
  }
  log.info("Authentication enabled");
  const path =
    flags.htpasswdFile !== "" ? flags.htpasswdFile : place.folder && join(place.folder, ".htpasswd");
  if (path !== undefined && existsSync(path))
    return { kind: "basic", htpasswd: new HtpasswdFile(path, { log }) };
  // Accounts will do, or an operator who makes some, but nothing at all would let nobody in.
  if (flags.htpasswdFile === "" && flags.operatorListen !== "") return { kind: "basic" };
  for await (const _ of place.documents.list("accounts")) {
    if (flags.htpasswdFile === "") return { kind: "basic" };
  }
  const missing =
    path === undefined
      ? "there are no accounts (use --no-auth to disable)"
      : `cannot load ${path} (use --no-auth to disable): no such file or directory`;
  throw plain(`error: ${missing}`, {
    guidance: "Make an account with --account create NAME, or a file with `htpasswd -B -c`.",
  });
}

/** Lets go of what the server holds when the work is done. */
async function withServer(server: RestServer, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await server.close();
  }
}

function enabled(on: boolean): string {
  return on ? "enabled" : "disabled";
}
