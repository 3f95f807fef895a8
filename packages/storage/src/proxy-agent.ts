/** The way through a proxy for Node's HTTP client; the libraries are loaded only where there is one. */
import type { Agent, AgentOptions, ClientRequest } from "node:http";
import type { AgentOptions as TlsAgentOptions } from "node:https";
import type { HttpsProxyAgent as Library } from "https-proxy-agent";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { proxyFor, type Destination, type ProxySettings } from "./proxy.js";

type Options = AgentOptions & TlsAgentOptions;

/**
 * An agent that goes through the proxy for this destination: by CONNECT where it is TLS, else by asking the proxy for the
 * whole URL. Undefined where there is no proxy for it. Errors: those of `proxyFor`.
 *
 * @param options of the agent; what they say of certificates holds for the proxy and for the destination, as in restic
 */
export async function proxyAgent(
  settings: ProxySettings | undefined,
  destination: Destination,
  options: Options,
): Promise<Agent | undefined> {
  const proxy = settings === undefined ? undefined : proxyFor(settings, destination);
  if (proxy === undefined) return undefined;
  return destination.tls ? tunnel(proxy, options) : asking(proxy, options);
}

async function tunnel(proxy: URL, options: Options): Promise<Agent> {
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  const { ca, cert, key, rejectUnauthorized, minVersion } = options;
  class Tunnel extends HttpsProxyAgent<string> {
    // The library uses the agent's certificates for the proxy only.
    override connect(request: ClientRequest, to: Parameters<Library<string>["connect"]>[1]) {
      return super.connect(request, { ...to, ca, cert, key, rejectUnauthorized, minVersion } as typeof to);
    }
    // All are to the same destination; by the library's names, none would be found again.
    override getName() {
      return proxy.host;
    }
  }
  return new Tunnel(proxy, options);
}

async function asking(proxy: URL, options: Options): Promise<Agent> {
  const { HttpProxyAgent } = await import("http-proxy-agent");
  class Asking extends HttpProxyAgent<string> {
    // The library would write the head of the request anew here, which breaks a body that has been begun.
    override async connect() {
      return proxy.protocol === "https:" ? connectTls(this.connectOpts) : connect(this.connectOpts);
    }
  }
  return new Asking(proxy, options);
}
