/** `3bot-backup marketplace`: where 3Bots are registered, and deployed. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { TasticError } from "@tastic/errors";
import { createJsonLog, createTextLog, TlsFiles, type Log } from "@tastic/rest-server";
import { storageError } from "@tastic/storage";
import * as v from "valibot";
import { CommandTarget } from "../deployer/command-target.js";
import { ProcessTarget } from "../deployer/process-target.js";
import type { Target } from "../deployer/target.js";
import { runMarketplace, type RunMarketplaceOptions } from "../marketplace/run-marketplace.js";
import { parseFlags, type Flags, type FlagValues } from "./flags.js";
import { pageFolder, untilOver } from "./serve.js";
import { refuseOpenAddress } from "./site.js";
import { threebotCommand } from "./threebot-command.js";
import type { Terminal } from "./terminal.js";

export const marketplaceFlags = {
  folder: { value: "FOLDER", help: "where it keeps everything" },
  listen: { value: "ADDRESS", help: "host:port (127.0.0.1:8710)" },
  url: { value: "URL", help: "where 3Bots and browsers reach it, if not where it listens" },
  "tls-cert": { value: "FILE", help: "certificate, read again when it changes" },
  "tls-key": { value: "FILE", help: "its key" },
  "allow-plain-http": { help: "listen where others can reach it without TLS: a proxy takes care of it" },
  "trusted-proxy": { value: "ADDRESS", help: "whose X-Forwarded-For is believed; several times", many: true },
  config: {
    value: "FILE",
    help: "JSON: {servers: [{id, url, operatorUrl, operatorTokenFile}], targets: […]}",
  },
  "backup-server-1": { value: "ADDRESS", help: "without --config: an own backup server (127.0.0.1:8711)" },
  "backup-server-2": { value: "ADDRESS", help: "and the second (127.0.0.1:8712)" },
  "deploy-here": { help: "the deployer starts 3Bots on this machine" },
  page: { value: "FOLDER", help: "the files of the page" },
  "log-json": { help: "log for programs" },
} satisfies Flags;

type Values = FlagValues<keyof typeof marketplaceFlags>;

const words = v.pipe(v.array(v.string()), v.minLength(1));

/** The file of `--config`. Its secrets are in files of their own. */
const configuration = v.strictObject({
  servers: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          id: v.string(),
          url: v.pipe(v.string(), v.url()),
          operatorUrl: v.pipe(v.string(), v.url()),
          operatorTokenFile: v.string(),
          privateNetwork: v.optional(v.boolean()),
        }),
      ),
      v.minLength(2),
    ),
  ),
  targets: v.optional(
    v.array(
      v.strictObject({
        id: v.string(),
        prepare: words,
        start: words,
        stop: words,
        status: words,
        remove: words,
        address: v.optional(v.string()),
      }),
    ),
    [],
  ),
});

type Configuration = v.InferOutput<typeof configuration>;

export async function marketplace(args: readonly string[], terminal: Terminal): Promise<number> {
  const flags = parseFlags(args, marketplaceFlags);
  const log = (flags.isOn("log-json") ? createJsonLog : createTextLog)((line) => terminal.err(line));
  const running = await runMarketplace(await optionsOf(flags, log));
  try {
    terminal.out(`The marketplace is at ${running.url}\n`);
    if (running.deployer !== undefined && running.setupCode !== undefined)
      terminal.out(`Its page has no password yet. Set one there with this code: ${running.setupCode}\n`);
    await untilOver(terminal, running.lost);
    log.info("stopping");
  } finally {
    await running.stop();
  }
  log.info("stopped in order");
  return 0;
}

async function optionsOf(flags: Values, log: Log): Promise<RunMarketplaceOptions> {
  const folder = flags.text("folder");
  if (folder === undefined) throw new TasticError("invalid-argument", "--folder is needed");
  const [certificate, key] = [flags.text("tls-cert"), flags.text("tls-key")];
  if ((certificate === undefined) !== (key === undefined))
    throw new TasticError("invalid-argument", "--tls-cert and --tls-key belong together");
  const tls =
    certificate === undefined || key === undefined ? undefined : new TlsFiles({ certificate, key, log });
  const listen = flags.text("listen") ?? "127.0.0.1:8710";
  const behindProxy = flags.isOn("allow-plain-http");
  refuseOpenAddress(listen, tls !== undefined, behindProxy);
  const config = await configOf(flags.text("config"));
  const root = resolve(folder);
  const targets = targetsOf(config, flags.isOn("deploy-here"), root);
  return {
    folder: root,
    listen,
    url: flags.text("url"),
    tls,
    servers: await serversOf(flags, config),
    ...(targets.length === 0 ? {} : { targets }),
    page: targets.length === 0 ? undefined : pageFolder(flags.text("page"), log),
    trustedProxies: flags.texts("trusted-proxy"),
    log,
  };
}

async function serversOf(
  flags: Values,
  { servers }: Configuration,
): Promise<RunMarketplaceOptions["servers"]> {
  if (servers === undefined) {
    const one = { listen: flags.text("backup-server-1") ?? "127.0.0.1:8711" };
    const two = { listen: flags.text("backup-server-2") ?? "127.0.0.1:8712" };
    return { embedded: [one, two] };
  }
  return Promise.all(
    servers.map(async ({ operatorTokenFile, ...server }) => ({
      ...server,
      operatorToken: (await textOf(operatorTokenFile)).trim(),
    })),
  );
}

function targetsOf({ targets }: Configuration, here: boolean, folder: string): Target[] {
  const others = targets.map(
    ({ address, ...target }) =>
      new CommandTarget({ ...target, ...(address === undefined ? {} : { address }) }),
  );
  return here ? [threebotsHere(folder), ...others] : others;
}

/** 3Bots as processes of this machine. */
export function threebotsHere(folder: string): ProcessTarget {
  return new ProcessTarget({ folder: resolve(folder, "3bots"), command: threebotCommand() });
}

async function configOf(file: string | undefined): Promise<Configuration> {
  if (file === undefined) return { targets: [] };
  const text = await textOf(file);
  try {
    return v.parse(configuration, JSON.parse(text));
  } catch (cause) {
    const [issue] = v.isValiError(cause) ? cause.issues : [];
    const where = issue === undefined ? "no JSON" : `not valid at ${v.getDotPath(issue) ?? "its beginning"}`;
    throw new TasticError("invalid-format", `${file} is ${where}`, { cause });
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw storageError(error, "read", file);
  }
}
