/**
 * Which proxy a request goes through, from the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY: by the rules of Go's
 * package `httpproxy`, which restic follows. Hosts on this machine's loopback are never proxied.
 */
import { TasticError } from "@tastic/errors";
import { BlockList, isIP } from "node:net";

/** Where requests go: the scheme, the host without brackets, the port. */
export interface Destination {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number | undefined;
}

export interface ProxySettings {
  readonly http: string;
  readonly https: string;
  readonly no: string;
}

/** What the variables say; undefined where they name no proxy. The names in capitals come first. */
export function proxySettingsFrom(
  environment: Readonly<Record<string, string | undefined>>,
): ProxySettings | undefined {
  const value = (name: string): string => environment[name] || environment[name.toLowerCase()] || "";
  const settings = { http: value("HTTP_PROXY"), https: value("HTTPS_PROXY"), no: value("NO_PROXY") };
  return settings.http === "" && settings.https === "" ? undefined : settings;
}

/**
 * The proxy for a destination, or undefined where it is reached directly. Errors: `invalid-argument` for a proxy that is
 * no URL, or of a kind that we do not speak to; it is not repeated, since it may have a password.
 */
export function proxyFor(settings: ProxySettings, destination: Destination): URL | undefined {
  const given = destination.tls ? settings.https : settings.http;
  if (given === "" || !usesProxy(settings.no, destination)) return undefined;
  const text = /^[a-z0-9]+:\/\//i.test(given) ? given : `http://${given}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === "http:" || url.protocol === "https:")) return url;
  const variable = destination.tls ? "HTTPS_PROXY" : "HTTP_PROXY";
  throw new TasticError("invalid-argument", `$${variable} is no proxy that speaks HTTP`, {
    guidance: "Set it to http://host:port or https://host:port, or name the host in NO_PROXY.",
  });
}

function usesProxy(noProxy: string, { tls, host: given, port: givenPort }: Destination): boolean {
  const host = given.toLowerCase().replace(/\.$/, "");
  if (isLoopback(host)) return false;
  const port = String(givenPort ?? (tls ? 443 : 80));
  return !noProxy.split(",").some((entry) => exempts(entry.trim().toLowerCase(), host, port));
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

function isLoopback(host: string): boolean {
  return host === "localhost" || contains(loopback, host);
}

/** Is this host named by an entry: "*", a network, an address or a domain, the latter two with a port or without? */
function exempts(entry: string, host: string, port: string): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  const network = networkOf(entry);
  if (network !== undefined) return contains(network, host);
  const { name, port: only } = splitPort(entry);
  if (name === "" || (only !== undefined && only !== port)) return false;
  if (isIP(name) !== 0) {
    const address = new BlockList();
    address.addAddress(name, family(name));
    return contains(address, host);
  }
  // "*.example.org" and ".example.org" are what is below; "example.org" is itself and what is below.
  const domain = name.replace(/^\*\./, ".");
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function networkOf(entry: string): BlockList | undefined {
  const [, address = "", length = ""] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const version = isIP(address);
  if (version === 0 || Number(length) > (version === 4 ? 32 : 128)) return undefined;
  const network = new BlockList();
  network.addSubnet(address, Number(length), family(address));
  return network;
}

function splitPort(entry: string): { readonly name: string; readonly port: string | undefined } {
  if (isIP(entry) === 6) return { name: entry, port: undefined };
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  return { name: bracketed ?? plain ?? "", port };
}

function contains(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, family(host));
}

function family(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
