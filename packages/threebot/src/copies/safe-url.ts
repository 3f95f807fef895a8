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

export function isRefusedAddress(address: string): boolean {
  const [plain = ""] = address.split("%", 1);
  const family = isIP(plain);
  return family === 0 || refused.check(plain, family === 6 ? "ipv6" : "ipv4");
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
    else if (first === undefined || addresses.some(({ address }) => isRefusedAddress(address))) {
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
    guidance: "Addresses of the machine's own metadata service and of the local link are never asked.",
  });
}
