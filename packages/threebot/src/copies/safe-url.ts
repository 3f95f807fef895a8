/**
 * URLs that somebody typed into a page, and where they may lead: http and https only, nobody's name or password in them,
 * and never to an address at which a cloud hands its keys to whoever asks. Names are looked up through `safeLookup` each
 * time a connection is made, so that a name cannot mean one address when it is checked and another when it is used.
 */
import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { TasticError } from "@tastic/errors";

const refused = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  // Link-local, with the metadata service of most clouds at 169.254.169.254.
  ["169.254.0.0", 16],
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
  ["192.0.0.0", 24],
  ["224.0.0.0", 4],
  ["255.255.255.255", 32],
] as const)
  refused.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 128],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
  ["fd00:ec2::254", 128],
  // 169.254.0.0/16 in other clothes: compatible, translated, NAT64, 6to4. The mapped form is the list's own concern.
  ["::a9fe:0", 112],
  ["::ffff:0:a9fe:0", 112],
  ["64:ff9b::a9fe:0", 112],
  ["2002:a9fe::", 32],
] as const)
  refused.addSubnet(network, bits, "ipv6");

/** What only this machine and its network reach. Translated forms of addresses are refused as a whole. */
const notPublic = new BlockList();
for (const [network, bits] of [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["240.0.0.0", 4],
] as const)
  notPublic.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 96],
  ["::ffff:0:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["2002::", 16],
  ["fc00::", 7],
] as const)
  notPublic.addSubnet(network, bits, "ipv6");

/** Undefined as long as private addresses may be asked; else the names and addresses that may be in spite of it. */
let exceptions: ReadonlySet<string> | undefined;

/**
 * From now on, nothing in this process asks an address that is not public: for who operates 3Bots of others in a network of
 * his own. It is for the whole process, so that no way leads around it.
 * @param hosts names and addresses that may be asked all the same; undefined lifts it again
 */
export function publicAddressesOnly(hosts: readonly string[] | undefined): void {
  exceptions = hosts && new Set(hosts.map(plainHost));
}

/** @param host the name that led there, or the address itself */
export function isRefusedAddress(address: string, host = address): boolean {
  const [plain = ""] = address.split("%", 1);
  const family = isIP(plain);
  if (family === 0) return true;
  const kind = family === 6 ? "ipv6" : "ipv4";
  if (refused.check(plain, kind)) return true;
  return exceptions !== undefined && !exceptions.has(plainHost(host)) && notPublic.check(plain, kind);
}

function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/(?<=.)\.$/, "");
}

/**
 * Reads a URL of a server. Decimal, octal and hexadecimal forms of addresses are the same address here.
 * @param what names it in messages, which do not repeat what was typed: there may be a password in it
 * @throws TasticError invalid-argument, access-denied for a place that is never asked
 */
export function parseSafeUrl(text: string, what: string): URL {
  const typed = text.trim();
  const invalid = (reason: string): TasticError =>
    new TasticError("invalid-argument", `${what} ${reason}`, {
      guidance: 'Write it like "https://host.example:9000".',
    });
  if (!/^https?:\/\//i.test(typed)) throw invalid("begins with neither https:// nor http://");
  if (!URL.canParse(typed)) throw invalid("is no URL");
  const url = new URL(typed);
  if (url.username !== "" || url.password !== "")
    throw invalid("has a user name or password in it, which belong in fields of their own");
  if (url.hash !== "") throw invalid("has a fragment");
  const host = hostOf(url);
  if (isIP(host) !== 0 && isRefusedAddress(host)) throw refusal(what);
  return url;
}

/** Looks whether the host exists, and whether all its addresses may be asked. @throws TasticError */
export async function checkHost(url: URL, what: string): Promise<void> {
  const host = hostOf(url);
  if (isIP(host) !== 0) {
    if (isRefusedAddress(host)) throw refusal(what);
    return;
  }
  await new Promise<void>((resolve, reject) => {
    safeLookup(host, { all: true }, (error) => {
      if (error === null) resolve();
      else if (error.code === refusedCode) reject(refusal(what));
      else {
        reject(
          new TasticError(
            "storage-failed",
            `${what}: there is no host ${JSON.stringify(host.slice(0, 100))}`,
            {
              guidance: "Check the host's name, and the network.",
              cause: error,
            },
          ),
        );
      }
    });
  });
}

const refusedCode = "EADDRREFUSED";

/** As the system looks names up, but for addresses that are never connected to. */
export const safeLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error !== null) callback(error, []);
    else if (first === undefined || addresses.some(({ address }) => isRefusedAddress(address, hostname))) {
      callback(Object.assign(new Error("the address is not allowed"), { code: refusedCode }), []);
    } else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function refusal(what: string): TasticError {
  return new TasticError("access-denied", `${what} leads to an address that is not allowed`, {
    guidance:
      exceptions === undefined
        ? "Addresses of the machine's own metadata service and of the local link are never asked."
        : "Only public addresses are asked here. Who operates this service can allow another host (--allow-host).",
  });
}
