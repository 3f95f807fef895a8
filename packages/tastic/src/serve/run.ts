/** Serving until a signal comes: what the flags say becomes a server, with rest-server's words for how it starts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "@tastic/errors";
import { listen, OperatorApi, passedOnSockets, TlsFiles } from "@tastic/rest-server";
import type { Listening, Log, RestServer } from "@tastic/rest-server";
import { storageError } from "@tastic/storage";
import { isLoopback } from "../loopback.js";
import { fatal } from "../text-error.js";
import type { ServeValues } from "./flags.js";

/** Starts `server` and its sockets, and resolves when it has come to an end in order. */
export async function serve(
  server: RestServer,
  flags: ServeValues,
  folder: string | undefined,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const tls = tlsFiles(flags, folder, log);
  const listening: Listening[] = [];
  const onHangup = (): void => {
    tls?.reload();
    server.reload().catch((error: unknown) => log.error(messageOf(error)));
  };
  try {
    listening.push(
      await listen(server.handle, {
        address: addressOf(flags),
        tls,
        maximumConnections: connectionLimit(),
      }),
    );
    if (flags.operatorListen !== "") listening.push(await listenForOperator(server, flags, tls, log));
    await server.start();
    process.on("SIGHUP", onHangup);
    // The line that says that it serves comes last: whoever waits for it has read the others.
    if (tls !== undefined)
      log.info(`TLS enabled, private key ${keyOf(flags, folder)}, pubkey ${certificateOf(flags, folder)}`);
    if (listening[1] !== undefined) log.info(`operator's API on ${listening[1].address}`);
    log.info(`start server on ${listening[0]!.address}`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    server.drain();
  } finally {
    await Promise.all(listening.map((one) => one.close(flags.grace * 1000)));
    process.off("SIGHUP", onHangup);
    await server.stop();
  }
  log.info("shutdown cleanly");
}

function addressOf({ listen: given }: ServeValues): string {
  const sockets = passedOnSockets();
  if (sockets.length > 1)
    throw fatal(`systemd passed on ${sockets.length} sockets, and there is use for one`);
  return sockets.length === 1 ? "systemd" : given;
}

function tlsFiles(flags: ServeValues, folder: string | undefined, log: Log): TlsFiles | undefined {
  if (!flags.tls) {
    if (flags.tlsCert !== "" || flags.tlsKey !== "") throw fatal("requires enabled TLS");
    return undefined;
  }
  return new TlsFiles({
    certificate: certificateOf(flags, folder),
    key: keyOf(flags, folder),
    minimumVersion: `TLSv${flags.tlsMinVer}`,
    log,
  });
}

function certificateOf({ tlsCert }: ServeValues, folder: string | undefined): string {
  return tlsCert === "" ? join(folder ?? ".", "public_key") : tlsCert;
}

function keyOf({ tlsKey }: ServeValues, folder: string | undefined): string {
  return tlsKey === "" ? join(folder ?? ".", "private_key") : tlsKey;
}

/** Beyond this machine the operator's API has the server's TLS, if that has one: a token is as good as everything. */
async function listenForOperator(
  server: RestServer,
  flags: ServeValues,
  tls: TlsFiles | undefined,
  log: Log,
): Promise<Listening> {
  const token = flags.operatorTokenFile === "" ? undefined : readToken(flags.operatorTokenFile);
  const address = flags.operatorListen;
  const isHere = isLoopback(address);
  if (token === undefined && !isHere) {
    throw fatal(`the operator's API on ${address} needs --operator-token-file`, {
      guidance: "Without a token it listens only on 127.0.0.1, [::1] or unix:/path.",
    });
  }
  const api = new OperatorApi({ ...server, log, token });
  return listen((request, response) => void api.handle(request, response), {
    address,
    tls: isHere ? undefined : tls,
  });
}

function readToken(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw storageError(error, "read", path);
  }
}

/** Files have to be opened, too, when clients have opened all the connections they can. */
function connectionLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
    return soft === undefined ? undefined : Math.max(64, Math.floor(Number(soft) * 0.75));
  } catch {
    // Not on Linux.
    return undefined;
  }
}
