/**
 * Where the server listens: an address, a Unix socket, or a socket that systemd has opened (sd_listen_fds(3)); and how
 * it stops: no new connections, and time for those that are working to come to an end.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo } from "node:net";
import { unlink } from "node:fs/promises";
import { TasticError } from "@tastic/errors";
import { hasSystemCode } from "@tastic/storage";
import type { TlsFiles } from "./tls.js";

export interface ListenOptions {
  /** `host:port`, `:port`, `unix:/path`, or `systemd` for the socket that was passed on. */
  readonly address: string;
  readonly tls?: TlsFiles | undefined;
  readonly timeouts?: Partial<Timeouts>;
  /** More connections at once are turned away; no limit if not given. */
  readonly maximumConnections?: number | undefined;
}

/** All in milliseconds. */
export interface Timeouts {
  /** Until the headers of a request have come, counted from the connection or the request before. */
  readonly headers: number;
  /** How long a connection stays open between requests. */
  readonly idle: number;
}

export const defaultTimeouts: Timeouts = { headers: 30_000, idle: 120_000 };

export interface Listening {
  /** As rest-server prints it: "[::]:8000", "/run/socket". */
  readonly address: string;
  readonly server: Server;
  /** Stops listening, waits until running requests are done, but not longer than `grace` milliseconds. */
  close(grace?: number): Promise<void>;
}

export async function listen(handle: RequestListener, options: ListenOptions): Promise<Listening> {
  const { headers, idle } = { ...defaultTimeouts, ...options.timeouts };
  const settings = {
    // Uploads may take hours; that each part of them comes is watched where it is read.
    requestTimeout: 0,
    headersTimeout: headers,
    keepAliveTimeout: idle,
    connectionsCheckingInterval: Math.min(5_000, Math.max(100, headers / 4)),
    noDelay: true,
  };
  const server =
    options.tls === undefined
      ? createServer(settings, handle)
      : createTlsServer({ ...settings, ...options.tls.context(), handshakeTimeout: headers }, handle);
  if (options.maximumConnections !== undefined) server.maxConnections = options.maximumConnections;
  if (options.tls !== undefined) options.tls.attach(server as ReturnType<typeof createTlsServer>);
  await bind(server, options.address);
  return {
    address: nameOf(server, options.address),
    server,
    close: (grace = 30_000) => close(server, grace),
  };
}

/** The number of the first socket that systemd passes on. */
const firstPassedOn = 3;

/** The sockets that systemd has passed on to this process. */
export function passedOnSockets(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): number[] {
  if (variables["LISTEN_PID"] !== String(process.pid)) return [];
  const count = Number(variables["LISTEN_FDS"] ?? 0);
  return Array.from(
    { length: Number.isSafeInteger(count) && count > 0 ? count : 0 },
    (_, i) => firstPassedOn + i,
  );
}

async function bind(server: Server, address: string): Promise<void> {
  if (address.startsWith("unix:")) {
    const path = address.slice("unix:".length);
    await removeDeadSocket(path);
    return listening(server, () => server.listen(path));
  }
  if (address === "systemd") return listening(server, () => server.listen({ fd: firstPassedOn }));
  const { host, port } = parseAddress(address);
  return listening(server, () => server.listen({ port, ...(host === "" ? {} : { host }), backlog: 1024 }));
}

/** @throws TasticError invalid-argument */
export function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new TasticError("invalid-argument", `"${address}" is no address to listen on`, {
      guidance: "Give host:port, :port, or unix:/path/to/socket.",
    });
  }
  return { host: bracketed ?? plain ?? "", port: Number(port) };
}

function listening(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    start();
  });
}

/** A server that was killed leaves its socket behind; one that is alive answers. */
async function removeDeadSocket(path: string): Promise<void> {
  const dead = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(false);
    });
    probe.once("error", (error) => resolve(hasSystemCode(error, ["ECONNREFUSED"])));
  });
  if (dead) await unlink(path);
}

function nameOf(server: Server, given: string): string {
  const address = server.address();
  if (address === null) return given;
  if (typeof address === "string") return address;
  const { address: host, port, family }: AddressInfo = address;
  return `${family === "IPv6" ? `[${host}]` : host}:${port}`;
}

async function close(server: Server, grace: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // Between requests there is nothing to wait for; a connection that finishes one is closed then.
  server.closeIdleConnections();
  const look = setInterval(() => server.closeIdleConnections(), 50);
  const end = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearInterval(look);
  clearTimeout(end);
}
