/** `serve webdav` and `serve http`: from flags to a running server, until a signal comes. */
import { SnapshotBrowser } from "@tastic/snapshots";
import { createJsonLog, createTextLog, listen, TlsFiles } from "@tastic/rest-server";
import type { Log } from "@tastic/rest-server";
import type { Context } from "../command.js";
import { isLoopback } from "../loopback.js";
import { indexBar, withRepository } from "../open-repository.js";
import { filterOf } from "../snapshot-flags.js";
import { fatal, usageError } from "../text-error.js";
import { createAccess } from "./access.js";
import { templatesOf, type BrowseValues } from "./flags.js";
import { BrowseHandler } from "./handler.js";

/** More connections at once are turned away: each may hold a few blobs. */
const MAX_CONNECTIONS = 128;

export async function serveSnapshots(
  context: Context,
  { flags, args }: { readonly flags: BrowseValues; readonly args: readonly string[] },
  face: "webdav" | "http",
): Promise<void> {
  if (args.length > 0) throw usageError(`serve ${face} expects no arguments - unknown argument: ${args[0]}`);
  const templates = templatesOf(flags);
  const write = (line: string): unknown => process.stderr.write(line);
  const log = flags.logFormat === "json" ? createJsonLog(write) : createTextLog(write);
  const tls = tlsFiles(flags, log);
  tls?.context();
  const access = await createAccess(flags, log);
  if (!isLoopback(flags.listen) && tls === undefined)
    log.warn("without --tls, the password and all that is read can be seen on the network");

  // Once it serves, a signal ends it in order: what is being downloaded can still be read.
  const reading = new AbortController();
  const interrupt = (): void => reading.abort(context.signal.reason);
  context.signal.addEventListener("abort", interrupt, { once: true });
  if (context.signal.aborted) interrupt();
  try {
    await withRepository({ ...context, signal: reading.signal }, "read", async (repository, signal) => {
      const browser = new SnapshotBrowser(repository, {
        templates,
        filter: filterOf(flags),
        refresh: flags.refresh * 1000,
        onProblem: (message) => log.warn(message),
        signal,
      });
      const bar = indexBar(context);
      await browser.start((loaded, total) => bar.update(loaded, total));
      bar.finish();
      const handler = new BrowseHandler({ browser, access, webdav: face === "webdav", log });
      const listening = await listen(handler.handle, {
        address: flags.listen,
        tls,
        maximumConnections: MAX_CONNECTIONS,
      });
      try {
        context.signal.removeEventListener("abort", interrupt);
        log.info(`start server on ${listening.address}`);
        await firstAbort(context.signal, signal);
        handler.drain();
      } finally {
        await listening.close(signal.aborted ? 0 : flags.grace * 1000);
      }
      // The lock is gone: what it kept from being removed may be missing at any time.
      signal.throwIfAborted();
    });
  } finally {
    context.signal.removeEventListener("abort", interrupt);
    await access.close();
  }
  log.info("shutdown cleanly");
}

function tlsFiles({ tls, tlsCert, tlsKey, tlsMinVer }: BrowseValues, log: Log): TlsFiles | undefined {
  if (!tls) {
    if (tlsCert !== "" || tlsKey !== "") throw fatal("requires enabled TLS");
    return undefined;
  }
  if (tlsCert === "" || tlsKey === "") throw fatal("--tls needs --tls-cert and --tls-key");
  return new TlsFiles({ certificate: tlsCert, key: tlsKey, minimumVersion: `TLSv${tlsMinVer}`, log });
}

function firstAbort(...signals: AbortSignal[]): Promise<void> {
  const either = AbortSignal.any(signals);
  return new Promise((resolve) => {
    if (either.aborted) resolve();
    either.addEventListener("abort", () => resolve(), { once: true });
  });
}
