/** Where a request comes from, behind proxies that are trusted to say so. */
import type { IncomingMessage } from "node:http";

/** @param trusted addresses of proxies whose `X-Forwarded-For` is believed */
export function clientAddress(trusted: ReadonlySet<string>): (request: IncomingMessage) => string {
  return (request) => {
    const direct = plain(request.socket.remoteAddress ?? "local");
    if (!trusted.has(direct)) return direct;
    const header = request.headers["x-forwarded-for"];
    const hops = (Array.isArray(header) ? header.join(",") : (header ?? ""))
      .split(",")
      .map((hop) => plain(hop.trim()));
    // The last that no proxy of ours has added; what stands further left anybody can have written.
    return hops.findLast((hop) => hop !== "" && !trusted.has(hop)) ?? direct;
  };
}

/** An IPv4 address in IPv6's clothes is the same address. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
