/** Where a request comes from, behind proxies that are trusted to say so. */
import type { HttpBindings } from "@hono/node-server";
import { clientAddress } from "@tastic/rest-server";
import type { Context } from "hono";

/** @param trustedProxies addresses of proxies whose `X-Forwarded-For` is believed */
export function callerAddress(trustedProxies: readonly string[] = []): (context: Context) => string {
  const addressOf = clientAddress(new Set(trustedProxies));
  return (context) => {
    // There is no connection where a test asks the app itself.
    const { incoming } = (context.env ?? {}) as Partial<HttpBindings>;
    return incoming === undefined ? "local" : addressOf(incoming);
  };
}
