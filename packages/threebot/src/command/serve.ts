/** `3bot-backup serve`: the service of a 3Bot. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { TasticError } from "@tastic/errors";
import { createJsonLog, createTextLog, TlsFiles, type Log } from "@tastic/rest-server";
import { publicAddressesOnly } from "../copies/safe-url.js";
import { withFolder } from "../state/folder-lock.js";
import { parseFlags, type Flags, type FlagValues } from "./flags.js";
import { begin } from "./beginning.js";
import { beginningOf, firstStartFlags, handoverOf, rememberMarketplace } from "./first-start.js";
import { openSite, refuseOpenAddress, type Site } from "./site.js";
import { ownerPlace, stateFlags, type OpenOwner } from "./state-flags.js";
import { givenSecret, type Terminal } from "./terminal.js";

export const serveFlags = {
  listen: { value: "ADDRESS", help: "host:port or unix:/path (127.0.0.1:8700)" },
  ...stateFlags,
  ...firstStartFlags,
  "tls-cert": { value: "FILE", help: "certificate, read again when it changes" },
  "tls-key": { value: "FILE", help: "its key" },
  "allow-plain-http": { help: "listen where others can reach it without TLS: a proxy takes care of it" },
  "public-url": { value: "URL", help: "where browsers find it: https://backup.example" },
  "trusted-proxy": { value: "ADDRESS", help: "whose X-Forwarded-For is believed; several times", many: true },
  "public-addresses-only": {
    help: "ask no store, webhook or mail server at an address that is not public: for 3Bots of others",
  },
  "allow-host": { value: "HOST", help: "that may be asked all the same; several times", many: true },
  "page-password-file": { value: "FILE", help: "the first password of the page (variable PAGE_PASSWORD)" },
  page: { value: "FOLDER", help: "the files of the page" },
  "log-json": { help: "log for programs" },
  grace: { value: "SECONDS", help: "what running requests have when it is stopped (10)" },
} satisfies Flags;

type Values = FlagValues<keyof typeof serveFlags>;

export async function serve(args: readonly string[], terminal: Terminal, open: OpenOwner): Promise<number> {
  const flags = parseFlags(args, serveFlags);
  const log = (flags.isOn("log-json") ? createJsonLog : createTextLog)((line) => terminal.err(line));
  const tls = tlsOf(flags, log);
  const address = flags.text("listen") ?? "127.0.0.1:8700";
  refuseOpenAddress(address, tls !== undefined, flags.isOn("allow-plain-http"));
  const grace = graceOf(flags);
  restrictAddresses(flags);
  const firstPassword = await givenSecret(terminal, {
    what: "the password of the page",
    file: flags.text("page-password-file"),
    variable: "PAGE_PASSWORD",
  });
  const handover = await handoverOf(flags);
  const beginning = await beginningOf(flags, terminal, handover);
  const given = ownerPlace(flags, terminal, log);
  return withFolder(given.stateFolder, { what: "a service", log }, async (lost) => {
    const marketplaceUrl =
      given.marketplaceUrl ?? (await rememberMarketplace(given.stateFolder, handover?.marketplace));
    const place = { ...given, marketplaceUrl };
    const owner = await open(place);
    let site: Site | undefined;
    let begun: Promise<void> | undefined;
    try {
      site = await openSite({
        owner,
        state: place.stateFolder,
        listen: address,
        tls,
        publicUrl: flags.text("public-url"),
        trustedProxies: flags.texts("trusted-proxy"),
        page: pageFolder(flags.text("page"), log),
        firstPassword: firstPassword ?? handover?.password,
        token: handover && { name: "deployer", token: handover.apiToken },
        log,
      });
      tell(terminal, site);
      await owner.start();
      if (beginning !== undefined) begun = begin(owner, beginning, log, terminal.signal);
      await untilOver(terminal, lost);
      log.info("stopping");
    } finally {
      await site?.stop(grace);
      await owner.stop();
      await begun;
    }
    log.info("stopped in order");
    return 0;
  });
}

/** The page as it is built beside this package, unless another folder is given. */
export function pageFolder(given: string | undefined, log: Log): string | undefined {
  if (given !== undefined) {
    if (existsSync(given)) return resolve(given);
    throw new TasticError("not-found", `the folder ${given} of the page does not exist`);
  }
  const built = fileURLToPath(new URL("../../../web/dist", import.meta.url));
  if (existsSync(built)) return built;
  log.warn("there is no page: it was not built");
  return undefined;
}

export function tell(terminal: Terminal, { url, setupCode }: Site): void {
  terminal.out(`3Bot Backup is at ${url}\n`);
  if (setupCode !== undefined)
    terminal.out(`Its page has no password yet. Set one there with this code: ${setupCode}\n`);
}

/** Until it is told to end. @throws TasticError locked if another service has taken the folder over */
export async function untilOver({ signal }: Terminal, lost: AbortSignal): Promise<void> {
  await aborted(AbortSignal.any([signal, lost]));
  if (lost.aborted && !signal.aborted)
    throw new TasticError("locked", "another service has taken the folder over", {
      guidance: "See that only one service is started for each folder.",
    });
}

export async function aborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    signal.addEventListener("abort", () => done(), { once: true });
  });
}

function restrictAddresses(flags: Values): void {
  const hosts = flags.texts("allow-host");
  const isRestricted = flags.isOn("public-addresses-only");
  if (hosts.length > 0 && !isRestricted)
    throw new TasticError(
      "invalid-argument",
      "--allow-host says what --public-addresses-only may not refuse",
      {
        guidance: "Give both, or none.",
      },
    );
  publicAddressesOnly(isRestricted ? hosts : undefined);
}

function tlsOf(flags: Values, log: Log): TlsFiles | undefined {
  const [certificate, key] = [flags.text("tls-cert"), flags.text("tls-key")];
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new TasticError("invalid-argument", "--tls-cert and --tls-key belong together");
  return new TlsFiles({ certificate, key, log });
}

function graceOf(flags: Values): number {
  const given = flags.text("grace") ?? "10";
  const seconds = Number(given);
  if (given.trim() !== "" && seconds >= 0 && seconds <= 3_600) return seconds * 1_000;
  throw new TasticError("invalid-argument", `--grace ${given} is no number of seconds`);
}
